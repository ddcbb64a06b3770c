// JSON for people: indented, coloured, and only ever text.

import { element } from "./dom.js";
import { masked } from "./mask.js";

export function parsed(text) {
  try { return JSON.parse(text); } catch { return undefined; }
}

const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*|true|false|null)/g;
// What is longer is shown to this length: nobody reads a megabyte.
const MOST = 60_000;

export function pretty(value) {
  const whole = JSON.stringify(masked(unfolded(value)), null, 2) ?? "";
  const text = whole.length > MOST ? `${whole.slice(0, MOST)}\n… ${whole.length - MOST} characters more` : whole;
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(TOKENS)) {
    const [all, string, colon] = match;
    nodes.push(text.slice(from, match.index));
    nodes.push(element("span", { className: colon ? "key" : string ? "text" : "number", textContent: all }));
    from = match.index + all.length;
  }
  return [...nodes, text.slice(from)];
}

// A body that is JSON within JSON is easier to read when it is not a string.
function unfolded(value) {
  if (value === null || typeof value !== "object" || typeof value.body !== "string") return value;
  const body = parsed(value.body);
  return body !== null && typeof body === "object" ? { ...value, body } : value;
}

export function jsonBlock(value, label) {
  return element("pre", { className: "json", tabIndex: 0, role: "region", label }, ...pretty(value));
}

export function textBlock(text, label) {
  return element("pre", { className: "json", tabIndex: 0, role: "region", label, textContent: masked(text) });
}
