// Who is connected: by the gateway, by the frames that passed, and by the service's own table of connections.

import { $, ago, button, element, options, say, show } from "./dom.js";
import { onlyConnection, knowConnections as knowInFilter } from "./filter.js";
import { aim, knowConnections as knowInFrame } from "./frame.js";
import { parsed } from "./json.js";
import { local } from "./local.js";
import { Rows } from "./known.js";

const MOST = 200;
const said = new Map(); // By connection: what its welcome said.
const rows = new Rows();
const drawn = new Map(); // By connection: its row here. It is kept, or who is at its buttons by keyboard would lose their place.

// A service that greets names whom it has greeted.
export function note(entries) {
  for (const { kind, connection, raw } of entries) {
    if (kind === "closed") said.delete(connection);
    if (kind === "frame" && raw.direction === "out" && raw.text.includes('"welcome"')) greet(connection, parsed(raw.text));
  }
}

function greet(connection, frame) {
  if (frame?.type !== "welcome") return;
  if (said.size > 5000) said.clear();
  said.set(connection, { who: frame.user_id ?? frame.username ?? frame.user, topics: frame.subscriptions ?? frame.topics ?? [] });
}

export async function look(now, visible) {
  const open = await local.connections();
  const ids = open.map((one) => one.connection_id);
  $("connections-count").textContent = open.length || "";
  knowInFrame(ids);
  knowInFilter(ids.slice(-100));
  options("connection-ids", ids.slice(0, MOST));
  if (!visible) return;
  const seen = open.slice(0, MOST);
  show("connections-empty", open.length === 0 || open.length > MOST);
  $("connections-empty").textContent = open.length ? `${MOST} of ${open.length} are shown.` : "Nobody is connected.";
  drop(new Set(seen.map((one) => one.connection_id)));
  // The store may take its time: what the gateway knows is there before.
  for (const one of seen) if (!drawn.has(one.connection_id)) draw(one, now);
  const known = await rows.of(seen.map((one) => one.connection_id));
  for (const one of seen) if (drawn.has(one.connection_id)) draw(one, now, known.get(one.connection_id));
}

function drop(seen) {
  for (const [id, row] of drawn) {
    if (seen.has(id)) continue;
    row.remove();
    drawn.delete(id);
  }
}

function draw(one, now, stored) {
  const id = one.connection_id;
  const cells = facts(one, now, stored);
  if (drawn.has(id)) {
    const [, ...before] = drawn.get(id).cells;
    cells.forEach((cell, index) => before[index].replaceWith(cell));
  } else {
    drawn.set(id, rowOf(id, cells));
    $("connections").append(drawn.get(id));
  }
}

function rowOf(id, cells) {
  return element("tr", {},
    element("td", {}, button(id, () => onlyConnection(id), { className: "link mono", title: "Show it on the time line" })),
    ...cells,
    element("td", {}, element("span", { className: "row" }, button("Post", () => aim(id), { className: "quiet" }), button("Close", () => close(id), { className: "quiet", title: "As DELETE of @connections" }))));
}

function facts(one, now, stored) {
  const { who, topics } = { ...principal(one), ...said.get(one.connection_id), ...stored };
  return [
    element("td", { textContent: who ?? "" }),
    element("td", { className: "topics", textContent: (topics ?? []).join(" "), title: (topics ?? []).join("\n") }),
    element("td", { textContent: ago(now - Date.parse(one.connectedAt)), title: one.connectedAt }),
    element("td", { textContent: one.identity.sourceIp, title: one.identity.userAgent ?? "" }),
    element("td", { className: "numbers", textContent: one.messages_in }),
    element("td", { className: "numbers", textContent: one.messages_out }),
  ];
}

const principal = ({ authorizer }) => (authorizer?.principalId ? { who: authorizer.principalId } : {});

async function close(id) {
  try {
    await local.close(id);
    say("closed");
  } catch (error) {
    say(error.message);
  }
}
