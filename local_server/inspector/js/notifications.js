// What has been received, newest first, each once.

import { $, element, on, show } from "./dom.js";
import { jsonBlock } from "./json.js";

const KEPT = 100;
let unread = 0;

export function receive(frame) {
  const known = [...$("notifications").children].find((item) => item.dataset.id === frame.id);
  if (known) return countAgain(known);
  $("notifications").prepend(itemOf(frame));
  while ($("notifications").children.length > KEPT) $("notifications").lastElementChild.remove();
  $("announcer").textContent = `${frame.priority === "urgent" ? "Urgent: " : ""}${frame.title}. ${frame.message ?? ""}`;
  if (document.hidden) unread += 1;
  refresh();
}

function itemOf(frame) {
  const item = element("li", { className: "new", dataset: { id: frame.id, priority: frame.priority } });
  item.append(element("p", { className: "title", textContent: frame.title }));
  if (frame.message) item.append(element("p", { className: "text", textContent: frame.message }));
  const at = new Date(frame.timestamp);
  item.append(element("p", { className: "meta" }, ...[
    frame.priority === "normal" ? "" : element("span", { className: frame.priority, textContent: frame.priority }),
    Number.isNaN(at.valueOf()) ? "" : element("time", { dateTime: frame.timestamp, textContent: at.toLocaleTimeString("en-GB") }),
    element("span", { textContent: frame.topic ?? "" }),
    frame.sender?.id ? element("span", { textContent: `from ${frame.sender.id}` }) : "",
    element("span", { textContent: frame.notification_type ?? "" }),
    frame.seq == null ? "" : element("span", { textContent: `seq ${frame.seq}` }),
    element("span", { className: "again" }),
  ].filter(Boolean)));
  if (Object.keys(frame.data ?? {}).length) item.append(jsonBlock(frame.data, "Data"));
  return item;
}

// At least once is the promise: a second delivery is worth seeing, not worth a second row.
function countAgain(item) {
  item.dataset.times = String(Number(item.dataset.times ?? 1) + 1);
  item.querySelector(".again").textContent = `delivered ${item.dataset.times}×`;
}

export const title = (name) => { document.title = `${unread ? `(${unread}) ` : ""}${name} · inspector`; };

let onRefresh = () => {};

function refresh() {
  const count = $("notifications").children.length;
  $("received-count").textContent = count || "";
  show("received-empty", count === 0);
  show("notifications", count > 0);
  onRefresh();
}

export function setUp(refreshed) {
  onRefresh = refreshed;
  on("clear-received", "click", () => { $("notifications").replaceChildren(); refresh(); });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    unread = 0;
    refresh();
  });
  refresh();
}
