// Sending over HTTP: to a user, or to a pattern of topics.

import { $, element, on, show } from "./dom.js";
import { problemWords, request } from "./api.js";
import { parsed, pretty } from "./json.js";

const toPattern = () => document.querySelector("[name=to]:checked").value === "pattern";

export const targets = { topics: [] };

function switchTarget() {
  const pattern = toPattern();
  $("target-label").textContent = pattern ? "Pattern" : "User";
  $("target").value = pattern ? "general" : "alice";
  $("send-button").textContent = pattern ? "Broadcast" : "Send";
  show("dry-run-label", pattern);
  suggest();
}

export function suggest() {
  const names = toPattern() ? ["*", "general", "role:admin", ...targets.topics] : ["alice", "bob", "admin"];
  $("targets").replaceChildren(...[...new Set(names)].map((value) => element("option", { value })));
}

function dataOf(text) {
  const data = parsed(text.trim() || "{}");
  const fine = data !== null && typeof data === "object" && !Array.isArray(data);
  $("data-error").textContent = fine ? "" : 'Not a JSON object such as {"loan_id": 12}';
  $("data").setAttribute("aria-invalid", String(!fine));
  show("data-error", !fine);
  return fine ? data : undefined;
}

async function send(event) {
  event.preventDefault();
  const data = dataOf($("data").value);
  if (!data) { $("data").closest("details").open = true; $("data").focus(); return; }
  const content = { notification_type: $("type").value, title: $("title").value, message: $("message").value, priority: $("priority").value, data };
  const keep = $("persist").checked;
  if (toPattern()) await ask("POST", "/notifications/broadcast", { pattern: $("target").value, ...content, persist: keep ? "stream" : "none", dry_run: $("dry-run").checked });
  else await ask("POST", "/notifications/send-realtime", { user_id: $("target").value, ...content, persist: keep });
}

async function ask(method, path, body) {
  const answer = await request(method, path, body);
  const words = answer.ok ? `${answer.status} · ${answer.ms} ms · ${path}` : problemWords(answer);
  $("answer-status").textContent = words;
  $("answer-status").className = answer.ok ? "answer-status" : "answer-status bad";
  $("answer-body").replaceChildren(...pretty(answer.body));
  show("answer-body", answer.ok || typeof answer.body !== "string"); // A sentence is in the words already.
  show("answer", true);
  if (!answer.ok) $("answer").scrollIntoView({ block: "nearest" });
}

export function setUp() {
  on("send", "submit", send);
  on("stats", "click", () => ask("GET", "/notifications/stats"));
  on("data", "input", () => { if (!$("data-error").hidden) dataOf($("data").value); });
  for (const radio of document.querySelectorAll("[name=to]")) radio.addEventListener("change", switchTarget);
  suggest();
}
