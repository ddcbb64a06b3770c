// The keyboard: one key each, unless somebody is typing.

import { $, element, on } from "./dom.js";

const WORDS = [
  ["/", "search the time line"], ["p", "pause, and go on"], ["c", "clear the time line"], ["↑ ↓", "from entry to entry (also k, j, Home, End)"],
  ["Enter", "into the details of the chosen entry"], ["Escape", "close them"], ["r", "replay the chosen event"], ["e", "edit it first"],
  ["1 … 4", "time line, connections, tables, faults and clock"], ["?", "these keys"],
];
const VIEWS = { 1: "time", 2: "connections", 3: "tables", 4: "faults" };

const isTyping = (target) => target.closest("input, textarea, select, dialog[open]") !== null;

export function setUp({ pause, clear, close, act, open }) {
  $("keys-list").append(...WORDS.flatMap(([key, words]) => [element("dt", {}, element("kbd", { textContent: key })), element("dd", { textContent: words })]));
  const showKeys = () => $("keys").showModal();
  on("show-keys", "click", showKeys);
  const actions = {
    "/": () => { open("time"); $("search").focus(); $("search").select(); },
    p: pause, c: clear, "?": showKeys, r: () => act("r"), e: () => act("e"),
    Escape: () => { if (!$("detail").hidden) close(); },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return;
    if (event.key === "Enter" && event.target.id === "rows" && !$("detail").hidden) return enter(event);
    const action = actions[event.key] ?? (VIEWS[event.key] && (() => open(VIEWS[event.key])));
    if (!action) return undefined;
    event.preventDefault();
    return action();
  });
}

function enter(event) {
  event.preventDefault();
  $("detail").querySelector(".actions button")?.focus();
}
