// What of the time line is shown: kinds, one function, one connection, one request, a text.

import { $, button, element, on, options, show } from "./dom.js";
import { GROUPS, searched, timeLine } from "./entries.js";

const off = new Set();
const only = { request: "" };
let changed = () => {};

export function setUp(listener) {
  changed = listener;
  for (const [group, words] of Object.entries(GROUPS)) {
    const chip = button(words, () => toggle(group, chip), { className: "chip", dataset: { group } });
    chip.setAttribute("aria-pressed", "true");
    $("kinds").append(chip);
  }
  on("search", "input", () => changed());
  on("of-function", "change", () => changed());
  on("of-connection", "change", () => changed());
  on("search", "keydown", (event) => { if (event.key === "Escape") { $("search").value = ""; changed(); } });
}

function toggle(group, chip) {
  if (!off.delete(group)) off.add(group);
  chip.setAttribute("aria-pressed", String(!off.has(group)));
  changed();
}

export function matching() {
  const words = $("search").value.trim().toLowerCase();
  const name = $("of-function").value;
  const connection = $("of-connection").value;
  return (entry) =>
    !off.has(entry.group) &&
    (!name || entry.function === name) &&
    (!connection || entry.connection === connection) &&
    (!only.request || entry.request === only.request) &&
    (!words || searched(entry).includes(words));
}

export function onlyConnection(connection) {
  knowConnections([connection]);
  $("of-connection").value = connection;
  changed();
}

export function onlyFunction(name) {
  $("of-function").value = name;
  changed();
}

export function onlyRequest(request) {
  only.request = request;
  $("only").replaceChildren("One invocation: ", element("code", { textContent: request }), " ", button("Show all", () => onlyRequest(""), { className: "link" }));
  show("only", Boolean(request));
  changed();
}

export function knowFunctions(names) {
  options("of-function", names, { keep: 1 });
}

const known = new Set();

// The newest hundred: the list is to choose from.
export function knowConnections(ids) {
  const before = known.size;
  for (const id of ids) if (id) known.add(id);
  if (known.size === before) return;
  for (const id of known) {
    if (known.size <= 100) break;
    if (id !== $("of-connection").value) known.delete(id);
  }
  options("of-connection", [...known].reverse(), { keep: 1 });
}

export const isAll = (shown) => shown === timeLine.entries.length;
