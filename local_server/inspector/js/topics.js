// The topics of this page's connection: those that every connection of the user has, and those chosen here.

import { $, element, on, show } from "./dom.js";
import { login } from "./api.js";
import { suggest, targets } from "./send.js";

// What the user has subscribed: each hello asks for it again.
export const chosen = {
  key: () => `heliograph.topics.${login.get()?.user.user_id}`,
  get: () => JSON.parse(sessionStorage.getItem(chosen.key()) ?? "[]"),
  set: (names) => sessionStorage.setItem(chosen.key(), JSON.stringify([...new Set(names)])),
  add: (name) => chosen.set([...chosen.get(), name]),
  remove: (name) => chosen.set(chosen.get().filter((other) => other !== name)),
};

let topics = new Set();
let implicit = new Set(); // What the server subscribes by itself, and does not give back.
let send = () => {};

export const has = (topic) => topics.has(topic);

export function begin(subscriptions) {
  const asked = new Set(chosen.get());
  topics = new Set(subscriptions);
  implicit = new Set(subscriptions.filter((topic) => !asked.has(topic)));
  refresh();
}

export function subscribed({ topic }) {
  topics.add(topic);
  if (!implicit.has(topic)) chosen.add(topic);
  refresh();
}

export function unsubscribed({ topic }) {
  topics.delete(topic);
  chosen.remove(topic);
  refresh();
}

function refresh() {
  $("topics").replaceChildren(...[...topics].sort().map(chip));
  targets.topics = [...topics];
  suggest();
}

function chip(topic) {
  const name = element("span", { textContent: topic });
  if (implicit.has(topic)) return element("li", { className: "fixed", title: "every connection of yours has it" }, name);
  const remove = element("button", { type: "button", textContent: "×", ariaLabel: `Unsubscribe ${topic}` });
  remove.addEventListener("click", () => send({ type: "unsubscribe", topics: [topic] }));
  return element("li", {}, name, remove);
}

function subscribe(event) {
  event.preventDefault();
  show("verdict", false);
  send({ type: "subscribe", topics: [$("topic").value.trim()] });
  $("topic").value = "";
}

export function setUp(sending) {
  send = sending;
  on("subscribe", "submit", subscribe);
}
