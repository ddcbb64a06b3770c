// The views as tabs: one is seen, arrow keys go from one to the next, the address remembers which.

import { $, show } from "./dom.js";

const NAMES = ["try", "time", "connections", "tables", "faults"];
let onOpen = () => {};

export const seen = () => NAMES.find((name) => $(`tab-${name}`).getAttribute("aria-selected") === "true");

export function open(name) {
  for (const one of NAMES) {
    const chosen = one === name;
    $(`tab-${one}`).setAttribute("aria-selected", String(chosen));
    $(`tab-${one}`).tabIndex = chosen ? 0 : -1;
    if (one !== "try") show(`view-${one}`, chosen);
  }
  document.body.dataset.view = name;
  $(`tab-${name}`).scrollIntoView({ block: "nearest", inline: "nearest" });
  history.replaceState(null, "", `#${name}`);
  onOpen(name);
}

function onKey(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const shown = NAMES.filter((name) => $(`tab-${name}`).offsetParent !== null);
  const next = shown[(shown.indexOf(seen()) + step + shown.length) % shown.length];
  open(next);
  $(`tab-${next}`).focus();
}

export function setUp(listener) {
  onOpen = listener;
  for (const name of NAMES) {
    $(`tab-${name}`).addEventListener("click", () => open(name));
    $(`tab-${name}`).addEventListener("keydown", onKey);
  }
}

export const remembered = () => NAMES.find((name) => `#${name}` === location.hash);
