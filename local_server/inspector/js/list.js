// The list of the time line: thousands of entries, of which the few that are seen are elements.

import { $, clock, element, milliseconds, show, text } from "./dom.js";
import { timeLine, wordsOf } from "./entries.js";
import { matching } from "./filter.js";

const ROW = 26;
const rows = $("rows");
const canvas = element("div", { className: "canvas" });
const nodes = new Map(); // By the entry's id: the rows that are elements just now.
const list = { shown: [], chosen: null, paused: false, held: 0, asked: false, atEnd: true };
let onChoice = () => {};

export function setUp(chosen) {
  onChoice = chosen;
  rows.append(canvas);
  rows.addEventListener("scroll", () => {
    list.atEnd = rows.scrollHeight - rows.scrollTop - rows.clientHeight < ROW;
    ask();
  });
  rows.addEventListener("keydown", onKey);
  rows.addEventListener("click", (event) => {
    const row = event.target.closest("[role=option]");
    if (row) choose(list.shown[Number(row.dataset.at)]);
  });
  new ResizeObserver(ask).observe(rows);
}

export const paused = () => list.paused;

export function pause() {
  list.paused = !list.paused;
  list.held = 0;
  if (!list.paused) filter();
  refresh();
}

export function added(entries) {
  if (list.paused) list.held += entries.length;
  else {
    const first = timeLine.entries[0];
    // What the time line forgets the list forgets as well.
    if (list.shown.length && first && list.shown[0].id < first.id) list.shown = list.shown.filter((entry) => entry.id >= first.id);
    list.shown.push(...entries.filter(matching()));
  }
  refresh();
}

export function filter() {
  list.shown = timeLine.entries.filter(matching());
  refresh();
}

function refresh() {
  const { shown, held } = list;
  const all = timeLine.entries.length;
  $("shown-count").textContent = shown.length === all ? `${all}` : `${shown.length} of ${all}`;
  $("pause").textContent = list.paused ? (held ? `Resume (${held})` : "Resume") : "Pause";
  $("pause").setAttribute("aria-pressed", String(list.paused));
  show("rows", shown.length > 0);
  show("rows-empty", shown.length === 0);
  if (all && !shown.length) $("rows-empty").textContent = "Nothing of it is like this.";
  canvas.style.height = `${shown.length * ROW}px`;
  if (list.atEnd) rows.scrollTop = rows.scrollHeight;
  ask();
}

// At most once a frame.
function ask() {
  if (list.asked) return;
  list.asked = true;
  requestAnimationFrame(() => { list.asked = false; render(); });
}

function render() {
  const from = Math.max(0, Math.floor(rows.scrollTop / ROW) - 4);
  const to = Math.min(list.shown.length, from + Math.ceil(rows.clientHeight / ROW) + 8);
  place(list.shown.slice(from, to), from);
  const chosen = list.shown.indexOf(list.chosen);
  if (chosen >= from && chosen < to) rows.setAttribute("aria-activedescendant", `row-${list.chosen.id}`);
  else rows.removeAttribute("aria-activedescendant");
}

// A row that stays is not made anew: somebody may be about to click it.
function place(entries, from) {
  const stay = new Set(entries.map((entry) => entry.id));
  for (const [id, node] of nodes) if (!stay.has(id)) { node.remove(); nodes.delete(id); }
  let next = canvas.firstChild;
  entries.forEach((entry, at) => {
    if (!nodes.has(entry.id)) nodes.set(entry.id, row(entry));
    const node = nodes.get(entry.id);
    if (node === next) next = next.nextSibling;
    else canvas.insertBefore(node, next);
    put(node, entry, from + at);
  });
}

function put(node, entry, at) {
  node.dataset.at = at;
  node.setAttribute("aria-selected", String(entry === list.chosen));
  node.setAttribute("aria-posinset", String(at + 1));
  node.setAttribute("aria-setsize", String(list.shown.length));
  node.style.transform = `translateY(${at * ROW}px)`;
}

// What is masked has changed: every row is made anew.
export function redraw() {
  for (const node of nodes.values()) node.remove();
  nodes.clear();
  ask();
}

// On a phone there is no room for the rest of the second.
function time(at) {
  if (!at) return [];
  const [second, rest] = clock(at).split(".");
  return [second, text("rest", `.${rest}`)];
}

function row(entry) {
  return element("div", { id: `row-${entry.id}`, className: `entry ${entry.kind}${entry.bad ? " bad" : ""}`, role: "option" },
    element("time", {}, ...time(entry.at)),
    element("span", { className: "sign", ariaHidden: "true", textContent: entry.sign }),
    text("label", entry.label),
    text("words", wordsOf(entry).slice(0, 300)),
    text("ms", entry.ms === undefined ? "" : milliseconds(entry.ms)));
}

export function choose(entry) {
  list.chosen = entry ?? null;
  onChoice(list.chosen);
  // Afterwards: its details have taken some of the room.
  if (entry) reveal(entry);
  ask();
}

function reveal(entry) {
  const at = list.shown.indexOf(entry);
  if (at < 0) return;
  const top = at * ROW;
  if (top < rows.scrollTop) rows.scrollTop = top;
  else if (top + ROW > rows.scrollTop + rows.clientHeight) rows.scrollTop = top + ROW - rows.clientHeight;
  list.atEnd = rows.scrollHeight - rows.scrollTop - rows.clientHeight < ROW;
}

const STEPS = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1, PageDown: 15, PageUp: -15, Home: -Infinity, End: Infinity };

function onKey(event) {
  const step = STEPS[event.key];
  if (step === undefined || event.ctrlKey || event.metaKey || !list.shown.length) return;
  event.preventDefault();
  const at = list.shown.indexOf(list.chosen);
  const from = at < 0 ? (step > 0 ? -1 : list.shown.length) : at;
  choose(list.shown[Math.min(list.shown.length - 1, Math.max(0, from + step))]);
}
