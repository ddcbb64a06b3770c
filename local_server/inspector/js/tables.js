// What is in the store: tables with their items, page by page or by a key, and queues with their depth.

import { $, button, element, fail, on, options, say, show, text } from "./dom.js";
import { jsonBlock } from "./json.js";
import { local } from "./local.js";
import { hidden, secrets } from "./mask.js";

const chosen = { table: null, after: null, wanted: {}, asked: 0 };

export async function look() {
  try {
    const [tables, queues] = await Promise.all([local.tables(), local.queues()]);
    $("tables").replaceChildren(...tables.map((table) => element("li", {}, choice(table))));
    $("queues").replaceChildren(...queues.map(queueRow));
    if (!tables.length) $("tables").append(element("li", { className: "hint", textContent: "none" }));
    if (!queues.length) $("queues").append(element("li", { className: "hint", textContent: "none" }));
  } catch (error) {
    say(error.message);
  }
}

function choice(table) {
  const made = button("", () => choose(table), { className: "choice" });
  made.append(text("", table.name), text("count", table.count));
  made.setAttribute("aria-pressed", String(chosen.table?.name === table.name));
  return made;
}

function queueRow(queue) {
  const depth = [`${queue.visible}`, queue.in_flight && `${queue.in_flight} in work`, queue.delayed && `${queue.delayed} delayed`].filter(Boolean).join(", ");
  return element("li", { className: "queue", title: queue.url }, text("", queue.name), text("count", depth));
}

function choose(table) {
  chosen.table = table;
  for (const one of $("tables").querySelectorAll("button")) one.setAttribute("aria-pressed", String(one.firstChild.textContent === table.name));
  $("table-name").textContent = table.name;
  options("index", ["", ...table.indexes.map((index) => index.name)], { words: (name) => name || "the table" });
  $("index").value = "";
  $("hash").value = "";
  $("range").value = "";
  show("lookup", true);
  nameKeys();
  lookUp();
}

function nameKeys() {
  const { key } = chosen.table.indexes.find((index) => index.name === $("index").value) ?? chosen.table;
  $("hash-label").textContent = key[0].name;
  $("range-label").textContent = key[1]?.name ?? "";
  show("range-area", key.length > 1);
}

function lookUp() {
  chosen.wanted = Object.fromEntries(["index", "hash", "range"].map((name) => [name, $(name).value]).filter(([, value]) => value !== ""));
  chosen.after = null;
  $("items").replaceChildren();
  return read();
}

async function read() {
  const mine = ++chosen.asked;
  try {
    const page = await local.items(chosen.table.name, { ...chosen.wanted, ...(chosen.after && { after: chosen.after }) });
    // Something else has been asked for meanwhile.
    if (mine !== chosen.asked) return;
    $("items").append(...page.items.map(itemRow));
    chosen.after = page.after;
    fail("items-empty", $("items").children.length ? "" : "No items.");
  } catch (error) {
    chosen.after = null;
    fail("items-empty", error.message);
  }
  show("more-items", Boolean(chosen.after));
}

function itemRow(item) {
  const { key } = chosen.table;
  const names = key.map(({ name }) => `${item[name]}`).join(" · ");
  const rest = Object.fromEntries(Object.entries(item).filter(([name]) => !key.some((each) => each.name === name)));
  const row = element("details", {}, element("summary", {}, text("label", names), text("words", JSON.stringify(hidden(rest)).slice(0, 300))));
  // The pretty text is made when somebody looks.
  row.addEventListener("toggle", () => { if (row.open && !row.querySelector("pre")) row.append(jsonBlock(item, "Item")); });
  return element("li", {}, row);
}

export function setUp() {
  on("lookup", "submit", (event) => { event.preventDefault(); lookUp(); });
  on("index", "change", nameKeys);
  on("more-items", "click", read);
  on("reload-tables", "click", () => { look(); if (chosen.table) lookUp(); });
  secrets.onChange(() => { if (chosen.table) lookUp(); });
}
