// A socket to whatever service runs: a path, a query, sub-protocols.

import { $, on, options, show } from "./dom.js";
import { own, refresh } from "./frame.js";

function opened(event) {
  event.preventDefault();
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const query = $("dial-query").value.trim().replace(/^\?/, "");
  const protocols = $("dial-protocols").value.split(/[\s,]+/).filter(Boolean);
  const socket = new WebSocket(`${scheme}://${location.host}${$("dial-path").value}${query ? `?${query}` : ""}`, protocols);
  own.socket = socket;
  let wasOpen = false;
  socket.addEventListener("open", () => { wasOpen = true; tell("open"); });
  socket.addEventListener("close", ({ code, reason }) => tell(wasOpen ? `closed with ${code} ${reason}` : "refused: the time line says why"));
  tell("connecting…");
}

function tell(words) {
  $("client-state").textContent = words;
  const busy = own.socket !== null && own.socket.readyState <= WebSocket.OPEN;
  show("dial-open", !busy);
  show("dial-close", busy);
  refresh();
}

export function setUp(paths) {
  options("dial-path", paths);
  show("client", true);
  on("dial", "submit", opened);
  on("dial-close", "click", () => own.socket?.close(1000));
}
