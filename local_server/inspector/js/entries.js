// What the time line holds: entries made ready to be listed, filtered and joined with their kin.

import { milliseconds } from "./dom.js";
import { parsed } from "./json.js";
import { hidden, hiddenText, masked } from "./mask.js";
import { trigger } from "./triggers.js";

const MOST = 6000;
const FORGET = 1000;

export const GROUPS = {
  frames: "Frames", sockets: "Sockets", events: "Events", logs: "Logs", posts: "Posts", http: "HTTP", sources: "Sources", control: "Faults, clock",
};

const GROUP_OF = {
  frame: "frames", opened: "sockets", closed: "sockets", refused: "sockets", event: "events", answer: "events", log: "logs",
  post: "posts", http: "http", batch: "sources", fault: "control", clock: "control",
};

export const timeLine = { entries: [], events: new Map(), byApi: new Map() };

let number = 0;

export function add(raws) {
  const made = raws.map(make);
  timeLine.entries.push(...made);
  if (timeLine.entries.length > MOST) forget();
  return made;
}

export function clear() {
  timeLine.entries = [];
  timeLine.events.clear();
  timeLine.byApi.clear();
}

function forget() {
  for (const entry of timeLine.entries.splice(0, FORGET)) {
    if (entry.kind !== "event") continue;
    timeLine.events.delete(entry.request);
    timeLine.byApi.delete(entry.raw.event?.requestContext?.requestId);
  }
}

function make(raw) {
  const entry = {
    id: ++number, raw, kind: raw.kind, group: GROUP_OF[raw.kind] ?? "", at: raw.at,
    connection: raw.connection_id ?? "", function: raw.function ?? "", request: raw.request_id ?? "", bad: false,
  };
  Object.assign(entry, DESCRIBED[raw.kind]?.(raw, entry) ?? { sign: "·", label: raw.kind, words: "" });
  return entry;
}

const isBad = (status) => status >= 400;

// Each gives the sign, the label, and words that come after it.
const DESCRIBED = {
  frame(raw) {
    const body = parsed(raw.text);
    const name = ["type", "action", "kind", "event", "op"].map((key) => body?.[key]).find((value) => typeof value === "string");
    return { sign: raw.direction === "in" ? "→" : "←", label: name ?? "frame", bad: name === "error" || (raw.direction === "out" && body?.message === "Internal server error"), words: raw.text };
  },
  opened: (raw) => ({ sign: "+", label: "opened", words: raw.source_ip }),
  closed: (raw) => ({ sign: "×", label: "closed", words: `${raw.code} ${raw.reason}`, bad: ![1000, 1001, 1005].includes(raw.code) }),
  refused: (raw) => ({ sign: "×", label: "refused", words: `the handshake is answered with ${raw.status}`, bad: true }),
  event(raw, entry) {
    const caused = trigger(raw.event);
    const api = raw.event?.requestContext?.requestId;
    entry.connection = raw.event?.requestContext?.connectionId ?? "";
    timeLine.events.set(entry.request, entry);
    if (api) timeLine.byApi.set(api, entry);
    return { sign: "▸", label: raw.function, words: caused.words, trigger: caused };
  },
  answer(raw, entry) {
    const event = timeLine.events.get(entry.request);
    entry.connection = event?.connection ?? "";
    entry.ms = raw.ms;
    if (event) event.answer = entry;
    const answer = raw.answer === null ? undefined : parsed(raw.answer);
    const status = answer?.statusCode;
    return { sign: "◂", label: raw.function, words: raw.error ?? (status === undefined ? raw.answer : `${status} ${answer.body ?? ""}`), ms: raw.ms, bad: raw.error !== null || isBad(status) };
  },
  log(raw, entry) {
    entry.connection = timeLine.events.get(entry.request)?.connection ?? "";
    return { sign: "≡", label: raw.function, words: raw.text, bad: /\b(ERROR|CRITICAL|Traceback)\b/.test(raw.text) };
  },
  post: (raw) => ({ sign: "⇠", label: raw.method.toLowerCase(), words: `${raw.status} @connections/${raw.connection_id}`, bad: isBad(raw.status) }),
  http(raw, entry) {
    entry.request = timeLine.byApi.get(raw.api_request_id)?.request ?? "";
    return { sign: "⇄", label: `${raw.method} ${raw.status}`, words: raw.path, ms: raw.ms, bad: isBad(raw.status) };
  },
  batch: (raw) => ({ sign: "≣", label: raw.source, words: `${raw.name ? `${raw.name} → ` : ""}${raw.function}: ${raw.done} of ${raw.size} done`, bad: raw.done < raw.size }),
  fault: (raw) => ({ sign: "⚡", label: raw.fault, words: [`fault ${raw.number}`, raw.route, raw.function].filter(Boolean).join(" · "), bad: true }),
  clock: (raw) => ({ sign: "◷", label: "clock", words: `+${milliseconds(raw.seconds * 1000)}, ${milliseconds(raw.ahead_ms)} ahead` }),
  gap: () => ({ sign: "⋯", label: "gap", words: "too much at once: some of what passed here was not kept" }),
  restart: () => ({ sign: "↻", label: "restart", words: "the emulator was started anew" }),
};

export const wordsOf = (entry) => masked(String(entry.words ?? ""));

// What a search looks at: everything, without what is masked.
export function searched(entry) {
  entry.searched ??= `${entry.label} ${entry.connection} ${entry.request} ${hiddenText(String(entry.words ?? ""))} ${entry.kind === "event" ? JSON.stringify(hidden(entry.raw.event)) : ""}`.toLowerCase();
  return entry.searched;
}

// The same invocation; else its neighbours on the same connection.
export function kin(entry) {
  const { entries } = timeLine;
  const request = entry.request || requestOf(entry);
  if (request) return entries.filter((other) => other.request === request || other === entry);
  if (!entry.connection) return [entry];
  const mine = entries.filter((other) => other.connection === entry.connection);
  const at = mine.indexOf(entry);
  return mine.slice(Math.max(0, at - 6), at + 7);
}

// Of a frame that came in: the event that was made of it.
function requestOf(entry) {
  if (entry.kind !== "frame" || entry.raw.direction !== "in") return "";
  const from = timeLine.entries.indexOf(entry);
  return timeLine.entries.slice(from, from + 200).find((other) => other.kind === "event" && other.connection === entry.connection && (other.raw.event.body ?? "") === entry.raw.text)?.request ?? "";
}
