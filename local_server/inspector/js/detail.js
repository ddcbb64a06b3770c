// One entry in full: its JSON, what belongs together with it, and what can be done with it.

import { $, button, clock, copy, element, milliseconds, say, show, text } from "./dom.js";
import { curl, curlOfFrame, pytest } from "./copies.js";
import { kin, timeLine, wordsOf } from "./entries.js";
import { onlyConnection, onlyFunction, onlyRequest } from "./filter.js";
import { aim } from "./frame.js";
import { jsonBlock, parsed, textBlock } from "./json.js";
import { choose } from "./list.js";
import { masked } from "./mask.js";
import { edit, replay } from "./replay.js";

const TITLES = {
  frame: "Frame", opened: "Connection opened", closed: "Connection closed", refused: "Handshake refused", event: "Event", answer: "Answer", log: "Log line",
  post: "Call of @connections", http: "HTTP request", batch: "Batch", fault: "Fault", clock: "Clock", gap: "Gap", restart: "Restart",
};

let shown = null;
let template = "serverless.yml";

export const setUp = (file) => { template = file; };
export const current = () => shown;

export function close() {
  choose(null);
  $("rows").focus();
}

export function showDetail(entry) {
  const opens = Boolean(entry) && !shown;
  shown = entry;
  show("detail", Boolean(entry));
  $("detail").parentElement.classList.toggle("open", Boolean(entry));
  // On a small window the details cover its lower half: the list goes to the upper one.
  if (opens && innerWidth < 900) $("rows").scrollIntoView({ block: "start" });
  if (!entry) return;
  // The event is what an answer is about.
  const event = entry.kind === "answer" ? timeLine.events.get(entry.request) ?? null : entry.kind === "event" ? entry : null;
  $("detail").replaceChildren(head(entry), ...places(entry), ...actions(entry, event), ...body(entry, event), ...together(entry));
  $("detail").scrollTop = 0;
}

export const refresh = () => showDetail(shown);

// Its answer may come while an event is looked at.
export function arrived(entries) {
  if (shown?.kind === "event" && entries.some((entry) => entry.kind === "answer" && entry.request === shown.request)) refresh();
}

function head(entry) {
  return element("div", { className: "row spread" },
    element("h2", {}, `${TITLES[entry.kind] ?? entry.kind} `, text("count", entry.at ? clock(entry.at) : "")),
    button("×", close, { className: "quiet", ariaLabel: "Close", title: "Escape" }));
}

function places(entry) {
  const links = [];
  if (entry.function) links.push(button(entry.function, () => onlyFunction(entry.function), { className: "link", title: "Show only this function" }));
  if (entry.connection) links.push(button(entry.connection, () => onlyConnection(entry.connection), { className: "link mono", title: "Show only this connection" }));
  if (entry.request) links.push(button(entry.request.slice(0, 8), () => onlyRequest(entry.request), { className: "link mono", title: "Show only this invocation" }));
  if (entry.ms !== undefined) links.push(text("count", milliseconds(entry.ms)));
  return links.length ? [element("p", { className: "row places" }, ...links)] : [];
}

function actions(entry, event) {
  const json = button("Copy JSON", () => copy(JSON.stringify(masked(content(entry)), null, 2), "JSON"));
  const all = event ? [
    button("Replay", () => replay(event), { className: "primary", title: "r" }),
    button("Edit and replay", () => edit(event), { title: "e" }),
    button("Copy as pytest", () => copy(pytest(event, template), "The test")),
    button("Copy as curl", () => copy(curl(event), "The command")),
  ] : [];
  if (entry.kind === "frame" && entry.raw.direction === "in") all.push(button("Send again", () => aim("", entry.raw.text)));
  if (entry.kind === "frame") all.push(button("Copy as curl", () => copy(curlOfFrame(entry), "The command")));
  if (entry.connection && entry.kind !== "closed") all.push(button("Post to it", () => aim(entry.connection)));
  return [element("p", { className: "row actions" }, ...all, json)];
}

function content({ kind, raw }) {
  if (kind === "frame") return parsed(raw.text) ?? raw.text;
  if (kind === "event") return raw.event;
  if (kind === "answer" && raw.answer !== null) return parsed(raw.answer) ?? raw.answer;
  return raw;
}

function body(entry, event) {
  if (event) return [...part("Event", event.raw.event), ...outcome(event.answer ?? (entry.kind === "answer" ? entry : null))];
  const value = content(entry);
  if (entry.kind === "log") return [textBlock(entry.raw.text, "Log line")];
  return [typeof value === "string" ? textBlock(value, "Text") : jsonBlock(value, "JSON")];
}

const part = (title, value) => [element("h3", { textContent: title }), jsonBlock(value, title)];

function outcome(answer) {
  if (!answer) return [element("p", { className: "hint", textContent: "It has not answered yet." })];
  const title = `Answer after ${milliseconds(answer.ms)}`;
  if (answer.raw.error !== null) return [element("h3", { className: "error", textContent: `Failed after ${milliseconds(answer.ms)}` }), textBlock(answer.raw.traceback || answer.raw.error, "Error")];
  return part(title, parsed(answer.raw.answer) ?? answer.raw.answer);
}

function together(entry) {
  const others = kin(entry);
  if (others.length < 2) return [];
  const items = others.slice(0, 60).map((other) => element("li", {}, link(other, entry)));
  return [element("h3", { textContent: entry.request || entry.kind === "frame" ? "Belongs together" : "Before and after" }), element("ol", { className: "kin" }, ...items)];
}

function link(other, entry) {
  const words = `${clock(other.at)}  ${other.sign}  ${other.label}  ${wordsOf(other).slice(0, 80)}`;
  const made = button(words, () => choose(other), { className: "link", disabled: other === entry });
  if (other === entry) made.setAttribute("aria-current", "true");
  return made;
}

export function act(key) {
  const event = shown && (shown.kind === "answer" ? timeLine.events.get(shown.request) : shown.kind === "event" ? shown : null);
  if (!event) return say("choose an event first");
  return key === "r" ? replay(event) : edit(event);
}
