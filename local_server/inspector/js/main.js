// The inspector: everything that passes through the emulator, and everything that can be done to it.

import { $, element, on, say, show } from "./dom.js";
import { isKnown } from "./api.js";
import { draw, note as noteInChart } from "./chart.js";
import * as client from "./client.js";
import * as connections from "./connections.js";
import * as detail from "./detail.js";
import * as entries from "./entries.js";
import * as faults from "./faults.js";
import { follow } from "./feed.js";
import * as filter from "./filter.js";
import * as frame from "./frame.js";
import { setUp as setUpKeys } from "./keys.js";
import * as list from "./list.js";
import { local } from "./local.js";
import { secrets } from "./mask.js";
import * as replay from "./replay.js";
import * as tables from "./tables.js";
import * as tabs from "./tabs.js";
import { setUp as setUpTryIt } from "./try_it.js";

const EVERY_MS = 1000;
const wide = matchMedia("(min-width: 900px)");

// What is due to be asked again: at once after something has happened, else now and then.
const due = { connections: true, faults: true };

function received(raws) {
  const made = entries.add(raws);
  filter.knowConnections(made.map((entry) => entry.connection));
  noteInChart(made);
  connections.note(made);
  list.added(made);
  detail.arrived(made);
  for (const { kind, raw } of made) {
    if (["opened", "closed", "frame"].includes(kind)) due.connections = true;
    if (kind === "fault") due.faults = true;
    if (kind === "clock") faults.showShift(raw.ahead_ms);
  }
}

let live = false;

function state(name, words) {
  live = name === "live";
  $("feed-state").dataset.state = { live: "connected", lost: "refused" }[name] ?? "connecting";
  $("feed-words").textContent = words;
}

function started(hello, again) {
  faults.showShift(hello.ahead_ms);
  if (again) received([{ kind: "restart", at: faults.now() }]);
  Object.assign(due, { connections: true, faults: true });
}

async function beat() {
  draw(faults.now());
  faults.tick();
  const seen = tabs.seen();
  if (document.hidden || !live) return;
  try {
    if (due.connections || seen === "connections") {
      due.connections = false;
      await connections.look(faults.now(), seen === "connections");
    }
    if (due.faults) {
      due.faults = false;
      await faults.look();
    }
  } catch {
    // Nobody answers: the lamp says so, and the next beat asks again.
    Object.assign(due, { connections: true, faults: true });
  }
}

function opened(name) {
  if (name === "tables") tables.look();
  if (name === "connections") due.connections = true;
  if (name === "faults") due.faults = true;
  list.redraw();
}

function toggleSecrets() {
  secrets.toggle();
  $("secrets").textContent = secrets.shown ? "Hide secrets" : "Show secrets";
  $("secrets").setAttribute("aria-pressed", String(secrets.shown));
  detail.refresh();
}

function clear() {
  entries.clear();
  list.choose(null);
  list.filter();
}

// A frame that the first of the service's own routes takes, where the frame's body says which.
function example({ selection_expression: expression, websocket_routes: routes }) {
  const name = /^\$request\.body\.(\w+)$/.exec(expression)?.[1];
  const route = routes.find(({ key }) => !key.startsWith("$"))?.key;
  return name && route ? JSON.stringify({ [name]: route }) : "{}";
}

function setUpService(service) {
  $("service").textContent = `${service.service} · ${service.stage}`;
  document.title = `${service.service} · inspector`;
  detail.setUp(service.template);
  filter.knowFunctions(service.functions);
  faults.setUp(service);
  const sockets = service.websocket_routes.length > 0;
  const known = isKnown(service);
  for (const page of known ? service.pages : []) $("pages").append(element("a", { href: `/${page}/`, textContent: `${page} ↗` }));
  if (sockets) frame.setUp(known ? '{"type":"ping"}' : example(service));
  show("frame", sockets);
  if (known) setUpTryIt();
  else if (sockets) client.setUp(service.websocket_paths);
  document.body.classList.toggle("alone", !sockets);
  show("tab-try", sockets);
  $("tab-try").firstChild.textContent = known ? "Try it" : "Socket";
  tabs.open(tabs.remembered() ?? (known && !wide.matches ? "try" : "time"));
}

// On a wide window the panel is always there, and no tab of its own.
function tidy() {
  if (wide.matches && tabs.seen() === "try") tabs.open("time");
}

async function start() {
  list.setUp(detail.showDetail);
  filter.setUp(list.filter);
  tables.setUp();
  replay.setUp();
  tabs.setUp(opened);
  setUpKeys({ pause: list.pause, clear, close: detail.close, act: detail.act, open: tabs.open });
  on("pause", "click", list.pause);
  on("clear", "click", clear);
  on("secrets", "click", toggleSecrets);
  secrets.onChange(list.redraw);
  document.addEventListener("inspector:try", () => { if (!wide.matches) tabs.open("try"); });
  wide.addEventListener("change", tidy);
  setUpService(await local.service());
  tidy();
  follow({ entries: received, started, state });
  beat();
  setInterval(beat, EVERY_MS);
}

start().catch((error) => {
  state("lost", error.message);
  say(error.message);
});
