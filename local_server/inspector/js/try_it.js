// Try it: sign in, connect, subscribe; what a browser of this service does, and what it sees when it is refused.

import { $, on, show } from "./dom.js";
import { login, problemWords, request, socketUrl } from "./api.js";
import { own, refresh as refreshFrame } from "./frame.js";
import { parsed } from "./json.js";
import { receive, setUp as setUpNotifications, title } from "./notifications.js";
import { setUp as setUpSend } from "./send.js";
import { begin, chosen, has, setUp as setUpTopics, subscribed, unsubscribed } from "./topics.js";
import { explainClose, showVerdict } from "./verdict.js";

const RETRY_MS = 2000;
const STRANGER_TRIES = 5;

let socket = null;
let retrying = false; // The connection is lost, and nobody asked for that.
let retryTimer = 0;
let strangerTries = 0; // How often a restarted server did not know the user.
let badly = false; // The token is wrong on purpose: one try says it all.
let refusal = null; // The fatal frame that explains the close after it.
let heartbeat = 0;
let nextId = 1;

function setState(state, words) {
  $("state").dataset.state = state;
  $("state-text").textContent = words;
  const open = state === "connected";
  const busy = Boolean(socket) || retrying;
  show("connect", !busy);
  show("disconnect", busy);
  $("connect-badly").disabled = busy;
  $("connect-badly").title = busy ? "disconnect first" : "See what a client with a wrong token sees";
  show("topics-area", open);
  refreshFrame();
  name();
}

function connect(token) {
  stopRetrying();
  badly = token !== login.get().access_token;
  show("verdict", false);
  openSocket(token);
}

function openSocket(token) {
  refusal = null;
  begin([]);
  const mine = new WebSocket(socketUrl(token));
  socket = own.socket = mine;
  mine.addEventListener("open", () => opened(mine));
  mine.addEventListener("message", ({ data }) => mine === socket && received(data));
  mine.addEventListener("close", (event) => mine === socket && closed(event));
  setState("connecting", retrying ? "reconnecting…" : "connecting…");
}

function opened(mine) {
  mine.wasOpen = true;
  if (mine !== socket) return;
  setState("connecting", "open, waiting for welcome…");
  send({ type: "hello", protocol: 1, topics: chosen.get() });
}

function send(frame) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ ...frame, id: String(nextId++) }));
}

function received(text) {
  const frame = parsed(text);
  const take = typeof frame?.type === "string" && Object.hasOwn(TAKES, frame.type) && TAKES[frame.type];
  if (take) take(frame);
}

const TAKES = {
  welcome(frame) {
    if (retrying) show("verdict", false);
    stopRetrying();
    begin(frame.subscriptions);
    setState("connected", `connected as ${frame.user_id} · ${frame.connection_id}`);
    clearInterval(heartbeat);
    // API Gateway closes what is silent for ten minutes, and never pings by itself.
    if (frame.ping_interval_ms > 0) heartbeat = setInterval(() => send({ type: "ping" }), frame.ping_interval_ms);
  },
  subscribed,
  unsubscribed,
  notification: receive,
  disconnect(frame) { refusal = { ...frame, message: frame.reason ?? "", name: "disconnect" }; },
  error(frame) {
    if (frame.fatal || frame.code < 4400) refusal = frame;
    // Else each hello would ask for it, and be refused again.
    if (frame.topic && !frame.temporary && !has(frame.topic)) chosen.remove(frame.topic);
    showVerdict(`${frame.code} ${frame.name} – ${frame.message}`, frame === refusal
      ? "API Gateway cannot send a close code of ours: the frame says why, then it closes with 1000."
      : "Only this request was refused; the connection stays.", true);
  },
};

function closed(event) {
  clearInterval(heartbeat);
  const wasOpen = socket.wasOpen;
  socket = own.socket = null;
  const code = `${event.code}${event.reason ? ` ${event.reason}` : ""}`;
  if (isFatal(refusal) && !mayBeStarting()) {
    stopRetrying();
    return setState("refused", `${refusal.code} ${refusal.name}`);
  }
  if (!retrying && !refusal) explainClose(event, code, wasOpen);
  if (badly) return setState("idle", `not connected (closed with ${code})`);
  return retryLater();
}

// 40xx: do not come back unchanged. 41xx and 42xx only say that the server is busy or moving.
function isFatal(frame) {
  return Boolean(frame) && (frame.reconnect === false || frame.code < 4100);
}

// A server that was just started may have no users yet: `onStart` makes them a moment later.
function mayBeStarting() {
  if (!retrying || refusal.code !== 4001) return false;
  strangerTries += 1;
  return strangerTries < STRANGER_TRIES;
}

function retryLater() {
  retrying = true;
  retryTimer = setTimeout(retryNow, RETRY_MS);
  setState("connecting", "reconnecting…");
}

function retryNow() {
  retryTimer = 0;
  if (!document.hidden) openSocket(login.get().access_token);
}

function stopRetrying() {
  clearTimeout(retryTimer);
  retryTimer = 0;
  retrying = false;
  strangerTries = 0;
}

function disconnect() {
  leave();
  show("verdict", false);
  setState("idle", "not connected");
}

function leave() {
  const left = socket;
  socket = own.socket = null; // Its close is no news any more.
  left?.close(1000);
  clearInterval(heartbeat);
  stopRetrying();
}

const name = () => title(login.get()?.user.user_id ?? "Heliograph");

async function signIn(event) {
  event.preventDefault();
  const answer = await request("POST", "/auth/login", { username: $("username").value, password: $("password").value });
  show("login-error", !answer.ok);
  if (!answer.ok) { $("login-error").textContent = problemWords(answer); return; }
  $("password").value = "";
  login.set({ access_token: answer.body.access_token, user: answer.body.user });
  showLogin();
  connect(answer.body.access_token);
  $("disconnect").focus(); // What had the focus is hidden now; so below.
}

function signOut() {
  leave();
  login.clear();
  show("verdict", false);
  showLogin();
  setState("idle", "not connected");
  $("username").focus();
}

function showLogin() {
  const current = login.get();
  show("sign-in", !current);
  show("connection", Boolean(current));
  show("received", Boolean(current));
  show("requests", Boolean(current));
  $("who").textContent = current?.user.user_id ?? "";
  $("roles").textContent = current?.user.roles?.join(", ") ?? "";
}

export function setUp() {
  setUpNotifications(name);
  setUpSend();
  setUpTopics(send);
  on("login", "submit", signIn);
  on("sign-out", "click", signOut);
  on("connect", "click", () => { connect(login.get().access_token); $("disconnect").focus(); });
  on("connect-badly", "click", () => connect("not-a-token"));
  on("disconnect", "click", () => { disconnect(); $("connect").focus(); });
  for (const one of document.querySelectorAll("[data-name]")) {
    one.addEventListener("click", () => { $("username").value = one.dataset.name; $("password").focus(); });
  }
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && retrying && !socket && !retryTimer) retryNow();
  });
  showLogin();
  setState("idle", "not connected");
  if (login.get()) connect(login.get().access_token);
}
