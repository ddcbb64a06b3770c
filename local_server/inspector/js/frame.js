// Any frame: from this page's own socket, or to any connection as a post of @connections.

import { $, fail, on, options, say } from "./dom.js";
import { local } from "./local.js";

// This page's own connection, whoever has opened it.
export const own = { socket: null };

export const ownIsOpen = () => own.socket?.readyState === WebSocket.OPEN;

export function refresh() {
  $("raw-send").disabled = !$("raw-to").value && !ownIsOpen();
  $("raw-send").textContent = $("raw-to").value ? "Post" : "Send frame";
}

export function knowConnections(ids) {
  options("raw-to", ids.slice(0, 200), { keep: 1, words: (id) => `post to ${id}` });
  refresh();
}

// From elsewhere on the page: this target, and perhaps this text.
export function aim(connection, words) {
  if (connection && ![...$("raw-to").options].some((option) => option.value === connection)) {
    $("raw-to").append(new Option(`post to ${connection}`, connection));
  }
  $("raw-to").value = connection;
  if (words !== undefined) $("raw-text").value = words;
  refresh();
  document.dispatchEvent(new CustomEvent("inspector:try"));
  $("raw-text").focus();
  $("raw-text").scrollIntoView({ block: "nearest" });
}

async function send(event) {
  event.preventDefault();
  fail("raw-error", "");
  const connection = $("raw-to").value;
  const words = $("raw-text").value;
  if (!connection) {
    if (ownIsOpen()) own.socket.send(words);
    return;
  }
  try {
    await local.post(connection, words);
    say("posted");
  } catch (error) {
    fail("raw-error", error.message);
  }
}

export function setUp(example) {
  $("raw-text").value = example;
  on("raw", "submit", send);
  on("raw-to", "change", refresh);
  on("raw-text", "keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send(event);
  });
  refresh();
}
