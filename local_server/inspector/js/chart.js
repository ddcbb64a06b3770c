// The last ninety seconds: messages a second as bars, latency of the handlers (p50, p99) as lines.

import { $, milliseconds } from "./dom.js";

const SECONDS = 90;
const WIDTH = 600;
const HEIGHT = 56;
const SVG = "http://www.w3.org/2000/svg";

const buckets = new Map(); // By second: how many messages, and how long each invocation took.

export function note(entries) {
  for (const { kind, at, ms } of entries) {
    if (kind !== "frame" && kind !== "answer") continue;
    const second = Math.floor(at / 1000);
    if (!buckets.has(second)) buckets.set(second, { messages: 0, took: [] });
    if (kind === "frame") buckets.get(second).messages += 1;
    else buckets.get(second).took.push(ms);
  }
}

export function quantile(values, share) {
  if (!values.length) return undefined;
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

// `now` by the emulator's clock, in milliseconds.
export function draw(now) {
  const last = Math.floor(now / 1000);
  for (const second of buckets.keys()) if (second <= last - SECONDS - 2) buckets.delete(second);
  const columns = Array.from({ length: SECONDS }, (_, at) => buckets.get(last - SECONDS + at));
  const most = Math.max(4, ...columns.map((column) => column?.messages ?? 0));
  const p50 = columns.map((column) => quantile(column?.took ?? [], 0.5));
  const p99 = columns.map((column) => quantile(column?.took ?? [], 0.99));
  const longest = Math.max(1, ...p99.filter((value) => value !== undefined));
  $("chart").replaceChildren(
    path("bars", columns.map((column, at) => (column?.messages ? bar(at, column.messages / most) : "")).join("")),
    path("p50", line(p50, longest)), path("p99", line(p99, longest)));
  tell(columns);
}

function tell(columns) {
  // The second that has just ended is the rate; of latency there is more to say over ten.
  const rate = columns.at(-1)?.messages ?? 0;
  const took = columns.slice(-10).flatMap((column) => column?.took ?? []);
  $("chart-rate").textContent = `${rate} messages/s`;
  $("chart-p50").textContent = `p50 ${took.length ? milliseconds(quantile(took, 0.5)) : "–"}`;
  $("chart-p99").textContent = `p99 ${took.length ? milliseconds(quantile(took, 0.99)) : "–"}`;
}

const STEP = WIDTH / SECONDS;

const bar = (at, share) => `M${at * STEP} ${HEIGHT}v${-share * (HEIGHT - 4)}h${STEP - 1}V${HEIGHT}z`;

// Through the seconds that have a value. After a silence it begins anew, with a short dash.
const SILENCE = 5;

function line(values, longest) {
  let before = -Infinity;
  return values.map((value, at) => {
    if (value === undefined) return "";
    const x = at * STEP + STEP / 2;
    const y = (HEIGHT - 3 - (value / longest) * (HEIGHT - 8)).toFixed(1);
    const goesOn = at - before <= SILENCE;
    before = at;
    return goesOn ? `L${x.toFixed(1)} ${y}` : `M${(x - 3).toFixed(1)} ${y}h3`;
  }).join("");
}

function path(name, shape) {
  const node = document.createElementNS(SVG, "path");
  node.setAttribute("class", name);
  node.setAttribute("d", shape);
  return node;
}
