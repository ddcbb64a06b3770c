// An event into its handler once more, as it was or edited. Masked secrets come back where they stood.

import { $, fail, on, say, show } from "./dom.js";
import { local } from "./local.js";
import { parsed, pretty } from "./json.js";
import { masked, restored } from "./mask.js";

let edited = null;

export async function replay(entry) {
  try {
    const { failed } = await local.invoke(entry.function, JSON.stringify(entry.raw.event));
    say(failed ? `${entry.function} has failed again` : `${entry.function} has got it again`);
  } catch (error) {
    say(error.message);
  }
}

export function edit(entry) {
  edited = entry;
  $("editor-title").textContent = `Replay into ${entry.function}`;
  $("editor-hint").textContent = "What stays ••• is sent as it was.";
  $("editor-text").value = JSON.stringify(masked(entry.raw.event), null, 2);
  fail("editor-error", "");
  show("editor-answer", false);
  $("editor").showModal();
  $("editor-text").focus();
  $("editor-text").setSelectionRange(0, 0);
}

async function run(event) {
  event.preventDefault();
  const value = parsed($("editor-text").value);
  fail("editor-error", value === undefined ? "This is not JSON." : "");
  if (value === undefined) return;
  try {
    const { content, failed } = await local.invoke(edited.function, JSON.stringify(restored(value, edited.raw.event)));
    $("editor-answer").replaceChildren(...pretty(content));
    $("editor-answer").classList.toggle("bad", failed);
    show("editor-answer", true);
    $("editor-answer").scrollIntoView({ block: "nearest" });
  } catch (error) {
    fail("editor-error", error.message);
  }
}

export function setUp() {
  on("replay", "submit", run);
  on("editor-close", "click", () => $("editor").close());
  on("editor-text", "keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run(event); });
}
