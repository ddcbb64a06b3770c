// The clock, and what goes wrong on purpose.

import { $, ago, button, element, fail, on, options, say, show, text } from "./dom.js";
import { local } from "./local.js";

// The emulator's time is this page's, and so much more.
let ahead = 0;

export const now = () => Date.now() + ahead;

export function showShift(ms) {
  ahead = ms;
  const words = ms ? `+${ago(ms)}` : "";
  $("shift").textContent = words;
  $("shift").title = "The clock of the emulator is ahead";
  show("shift", Boolean(ms));
  tick();
}

export function tick() {
  $("clock-words").textContent = `It is ${new Date(now()).toLocaleString("en-GB")} here${ahead ? `, ${ago(ahead)} ahead of this machine` : ""}.`;
}

async function advance(seconds) {
  fail("clock-error", "");
  try {
    showShift((await local.advance(seconds)).ahead_ms);
    say(`${ago(seconds * 1000)} later`);
  } catch (error) {
    fail("clock-error", error.message);
  }
}

export async function look() {
  const { faults, seed } = await local.faults();
  $("seed").textContent = `seed ${seed}`;
  $("faults-count").textContent = faults.length || "";
  show("faults-empty", faults.length === 0);
  show("clear-faults", faults.length > 0);
  $("faults").replaceChildren(...faults.map(row));
}

function row(fault) {
  const scope = ["function", "route", "connection"].filter((name) => fault[name]).map((name) => `${name} ${fault[name]}`);
  const rest = [
    fault.probability < 1 && `probability ${fault.probability}`,
    fault.times && `${fault.times} times`,
    fault.delay_ms && `${fault.delay_ms} ms`,
    `struck ${fault.strikes}×`,
  ].filter(Boolean);
  return element("li", {},
    text("", `${fault.number}`), element("strong", { textContent: fault.kind }), text("hint grow", [...scope, ...rest].join(" · ")),
    button("Remove", async () => { await local.removeFault(fault.number).catch(() => {}); look(); }, { className: "quiet", ariaLabel: `Remove fault ${fault.number}` }));
}

async function add(event) {
  event.preventDefault();
  const fault = { kind: $("fault-kind").value, probability: Number($("fault-probability").value), delay_ms: Number($("fault-delay").value) };
  for (const name of ["function", "route", "connection"]) if ($(`fault-${name}`).value.trim()) fault[name] = $(`fault-${name}`).value.trim();
  if ($("fault-times").value) fault.times = Number($("fault-times").value);
  fail("fault-error", "");
  try {
    await local.addFault(fault);
    await look();
  } catch (error) {
    fail("fault-error", error.message);
  }
}

export function setUp(service) {
  options("fault-kind", service.fault_kinds);
  options("fault-function", service.functions, { keep: 1 });
  options("routes", [...service.websocket_routes, ...service.http_routes].map((route) => route.key));
  on("add-fault", "submit", add);
  on("clear-faults", "click", async () => { await local.clearFaults(); look(); });
  on("advance", "submit", (event) => { event.preventDefault(); advance(Number($("seconds").value)); });
  for (const one of document.querySelectorAll("[data-advance]")) one.addEventListener("click", () => advance(Number(one.dataset.advance)));
}
