// The inspector: one page that signs in, connects, sends, and shows every frame. No build, no framework.

const API = "/api/v1";
const KEPT_FRAMES = 500;
const KEPT_NOTIFICATIONS = 100;
const RETRY_MS = 2000;
const STRANGER_TRIES = 5;
const MASK = "•••";
const SECRETS = new Set(["token", "access_token", "refresh_token", "password", "ticket", "authorization"]);

// For text that is nearly JSON: a frame that does not parse may hold a token as well.
const SECRET_FIELD = new RegExp(`("(?:${[...SECRETS].join("|")})"\\s*:\\s*")[^"]*`, "gi");

const $ = (id) => document.getElementById(id);
const show = (id, visible) => { $(id).hidden = !visible; };
const wsUrl = () => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${API}/ws/realtime`;

// Elements from text alone: what arrives from elsewhere is never markup.
function element(name, props = {}, ...children) {
  const node = Object.assign(document.createElement(name), props);
  node.append(...children);
  return node;
}

/* ---- What this tab remembers ------------------------------------------------------------------ */

// sessionStorage belongs to one tab, so alice and bob can sit side by side.
const login = {
  get: () => JSON.parse(sessionStorage.getItem("heliograph.login") ?? "null"),
  set: (value) => sessionStorage.setItem("heliograph.login", JSON.stringify(value)),
  clear: () => sessionStorage.removeItem("heliograph.login"),
};

// What the user has subscribed: each hello asks for it again.
const chosen = {
  key: () => `heliograph.topics.${login.get()?.user.user_id}`,
  get: () => JSON.parse(sessionStorage.getItem(chosen.key()) ?? "[]"),
  set: (names) => sessionStorage.setItem(chosen.key(), JSON.stringify([...new Set(names)])),
  add: (name) => chosen.set([...chosen.get(), name]),
  remove: (name) => chosen.set(chosen.get().filter((other) => other !== name)),
};

let socket = null;
let retrying = false; // The connection is lost, and nobody asked for that.
let retryTimer = 0;
let strangerTries = 0; // How often a restarted server did not know the user.
let badly = false; // The token is wrong on purpose: one try says it all.
let refusal = null; // The fatal frame that explains the close after it.
let heartbeat = 0;
let nextId = 1;
let unread = 0;
let topics = new Set();
let implicit = new Set(); // What the server subscribes by itself, and does not give back.

/* ---- JSON for people ---------------------------------------------------------------------------- */

function parsed(text) {
  try { return JSON.parse(text); } catch { return undefined; }
}

function masked(value, key = "") {
  if (typeof value === "string") return SECRETS.has(key.toLowerCase()) && value ? MASK : maskedText(value);
  if (Array.isArray(value)) return value.map((item) => masked(item));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, masked(item, name)]));
}

function maskedText(text) {
  const token = login.get()?.access_token;
  const known = token ? text.replaceAll(token, MASK) : text;
  return known
    .replace(/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, MASK) // Any other JWT.
    .replace(SECRET_FIELD, `$1${MASK}`);
}

const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*|true|false|null)/g;

function pretty(value) {
  const text = JSON.stringify(masked(value), null, 2);
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(TOKENS)) {
    const [all, string, colon] = match;
    nodes.push(text.slice(from, match.index));
    nodes.push(element("span", { className: colon ? "key" : string ? "text" : "number", textContent: all }));
    from = match.index + all.length;
  }
  return [...nodes, text.slice(from)];
}

function jsonBlock(value, label) {
  const block = element("pre", { className: "json", tabIndex: 0 }, ...pretty(value));
  block.setAttribute("aria-label", label);
  return block;
}

function clock(at) {
  const milliseconds = String(at.getMilliseconds()).padStart(3, "0");
  return element("time", {}, at.toLocaleTimeString("en-GB"), element("span", { className: "ms", textContent: `.${milliseconds}` }));
}

/* ---- The frame log ---------------------------------------------------------------------------- */

const log = { paused: false, held: [], count: 0 };

function logFrame(direction, text) {
  const body = parsed(text);
  const type = typeof body?.type === "string" ? body.type : "—";
  const bad = type === "error" || (type === "—" && direction === "in");
  const preview = body === undefined ? maskedText(text) : JSON.stringify(masked(withoutType(body)));
  const row = element("details", { className: `${direction}${bad ? " bad" : ""}` },
    element("summary", {}, ...cells(direction, type, preview)));
  // The pretty text is made when somebody looks: most frames are never opened.
  row.addEventListener("toggle", () => {
    if (row.open && !row.querySelector("pre")) {
      row.append(body === undefined ? element("pre", { className: "json", textContent: preview }) : jsonBlock(body, "Frame"));
    }
  });
  addToLog(row, `${direction} ${type} ${preview}`);
}

// The type has its own column.
function withoutType(body) {
  if (typeof body?.type !== "string") return body;
  const { type, ...rest } = body;
  return rest;
}

function logEvent(type, words, bad = false) {
  const row = element("div", { className: `event${bad ? " bad" : ""}` }, ...cells("event", type, words));
  addToLog(row, `${type} ${words}`);
}

function cells(direction, type, preview) {
  const arrow = { out: ["↑", "sent"], in: ["↓", "received"], event: ["·", ""] }[direction];
  const pointer = element("span", { className: "arrow" }, element("span", { ariaHidden: "true", textContent: arrow[0] }));
  if (arrow[1]) pointer.append(element("span", { className: "unseen", textContent: arrow[1] }));
  return [
    clock(new Date()),
    pointer,
    element("span", { className: "type", textContent: type }),
    element("span", { className: "preview", textContent: preview.slice(0, 400) }),
  ];
}

function addToLog(row, text) {
  const item = element("li", {}, row);
  item.dataset.text = text.toLowerCase();
  if (log.paused) log.held.push(item);
  else appendToLog([item]);
  refreshLog();
}

function appendToLog(items) {
  const list = $("frames");
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  for (const item of items) item.hidden = !matchesFilter(item);
  list.append(...items);
  while (list.children.length > KEPT_FRAMES) list.firstElementChild.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
}

const matchesFilter = (item) => item.dataset.text.includes($("filter").value.trim().toLowerCase());

function refreshLog() {
  const items = [...$("frames").children];
  const shown = items.filter((item) => !item.hidden).length;
  $("frames-count").textContent = items.length === 0 ? "" : shown === items.length ? `${shown}` : `${shown} of ${items.length}`;
  $("frames-empty").textContent = items.length && !shown ? "No frame matches the filter." : "Every frame, in both directions. Tokens are masked.";
  show("frames-empty", shown === 0);
  show("frames", shown > 0);
  $("pause").textContent = log.paused ? (log.held.length ? `Resume (${log.held.length})` : "Resume") : "Pause";
  $("pause").setAttribute("aria-pressed", String(log.paused));
}

function filterLog() {
  for (const item of $("frames").children) item.hidden = !matchesFilter(item);
  refreshLog();
}

function pauseLog() {
  log.paused = !log.paused;
  if (!log.paused) {
    show("frames", true); // A hidden list has no height to scroll by.
    appendToLog(log.held.splice(0));
  }
  refreshLog();
}

function clearLog() {
  $("frames").replaceChildren();
  log.held.length = 0;
  refreshLog();
}

/* ---- The connection --------------------------------------------------------------------------- */

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
  $("raw-send").disabled = socket?.readyState !== WebSocket.OPEN;
  document.title = `${unread ? `(${unread}) ` : ""}${login.get()?.user.user_id ?? "Heliograph"} · inspector`;
}

function connect(token) {
  stopRetrying();
  badly = token !== login.get().access_token;
  show("verdict", false);
  logEvent("connect", `${API}/ws/realtime?token=${MASK}`);
  openSocket(token);
}

function openSocket(token) {
  refusal = null;
  topics = new Set();
  const mine = new WebSocket(`${wsUrl()}?token=${encodeURIComponent(token)}`);
  socket = mine;
  mine.addEventListener("open", () => opened(mine));
  mine.addEventListener("message", ({ data }) => mine === socket && received(data));
  mine.addEventListener("close", (event) => mine === socket && closed(event));
  setState("connecting", retrying ? "reconnecting…" : "connecting…");
}

function opened(mine) {
  mine.wasOpen = true;
  if (mine !== socket) return;
  logEvent("open", "");
  setState("connecting", "open, waiting for welcome…");
  send({ type: "hello", id: id(), protocol: 1, topics: chosen.get() });
}

const id = () => String(nextId++);

function send(frame) {
  sendText(JSON.stringify(frame));
}

function sendText(text) {
  if (socket?.readyState !== WebSocket.OPEN) return;
  socket.send(text);
  logFrame("out", text);
}

function received(text) {
  logFrame("in", text);
  const frame = parsed(text);
  const take = typeof frame?.type === "string" && Object.hasOwn(TAKES, frame.type) && TAKES[frame.type];
  if (take) take(frame);
}

const TAKES = {
  welcome(frame) {
    if (retrying) show("verdict", false);
    stopRetrying();
    const asked = new Set(chosen.get());
    topics = new Set(frame.subscriptions);
    implicit = new Set(frame.subscriptions.filter((topic) => !asked.has(topic)));
    setState("connected", `connected as ${frame.user_id} · ${frame.connection_id}`);
    showTopics();
    clearInterval(heartbeat);
    // API Gateway closes what is silent for ten minutes, and never pings by itself.
    if (frame.ping_interval_ms > 0) heartbeat = setInterval(() => send({ type: "ping", id: id() }), frame.ping_interval_ms);
  },
  subscribed(frame) {
    topics.add(frame.topic);
    if (!implicit.has(frame.topic)) chosen.add(frame.topic);
    showTopics();
  },
  unsubscribed(frame) {
    topics.delete(frame.topic);
    chosen.remove(frame.topic);
    showTopics();
  },
  notification: showNotification,
  disconnect(frame) { refusal = { ...frame, message: frame.reason ?? "", name: "disconnect" }; },
  error(frame) {
    if (frame.fatal || frame.code < 4400) refusal = frame;
    // Else each hello would ask for it, and be refused again.
    if (frame.topic && !frame.temporary && !topics.has(frame.topic)) chosen.remove(frame.topic);
    showVerdict(`${frame.code} ${frame.name} – ${frame.message}`, frame === refusal
      ? "API Gateway cannot send a close code of ours: the frame says why, then it closes with 1000."
      : "Only this request was refused; the connection stays.", true);
  },
};

function closed(event) {
  clearInterval(heartbeat);
  const wasOpen = socket.wasOpen;
  socket = null;
  const code = `${event.code}${event.reason ? ` ${event.reason}` : ""}`;
  if (wasOpen || !retrying) logEvent("close", code, event.code !== 1000);
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

function explainClose(event, code, wasOpen) {
  if (!wasOpen) showVerdict("No connection", `The upgrade failed and a browser may not see why (${code}): the token was refused with an HTTP status, or nobody answers.`, true);
  else if (event.code !== 1000) showVerdict(`Closed with ${code}`, "The server or the network ended the connection.", true);
}

function retryLater() {
  if (!retrying) logEvent("retry", `every ${RETRY_MS / 1000} s while this tab is visible`);
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
  leave("1000 by you");
  show("verdict", false);
  setState("idle", "not connected");
}

function leave(words) {
  const left = socket;
  socket = null; // Its close is no news any more.
  left?.close(1000);
  clearInterval(heartbeat);
  stopRetrying();
  if (left) logEvent("close", words);
}

function showVerdict(title, words, bad) {
  $("verdict").className = bad ? "verdict bad" : "verdict";
  $("verdict").replaceChildren(element("strong", { textContent: title }), words);
  show("verdict", true);
}

function showTopics() {
  $("topics").replaceChildren(...[...topics].sort().map(topicChip));
  suggestTargets();
}

function topicChip(topic) {
  const name = element("span", { textContent: topic });
  if (implicit.has(topic)) return element("li", { className: "fixed", title: "every connection of yours has it" }, name);
  const remove = element("button", { type: "button", textContent: "×", ariaLabel: `Unsubscribe ${topic}` });
  remove.addEventListener("click", () => send({ type: "unsubscribe", id: id(), topics: [topic] }));
  return element("li", {}, name, remove);
}

/* ---- Notifications ---------------------------------------------------------------------------- */

function showNotification(frame) {
  const known = [...$("feed").children].find((item) => item.dataset.id === frame.id);
  if (known) return countAgain(known);
  $("feed").prepend(notificationItem(frame));
  while ($("feed").children.length > KEPT_NOTIFICATIONS) $("feed").lastElementChild.remove();
  $("announcer").textContent = `${frame.priority === "urgent" ? "Urgent: " : ""}${frame.title}. ${frame.message ?? ""}`;
  if (document.hidden) unread += 1;
  refreshFeed();
}

function notificationItem(frame) {
  const item = element("li", { className: "new" });
  item.dataset.id = frame.id;
  item.dataset.priority = frame.priority;
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

function refreshFeed() {
  const count = $("feed").children.length;
  $("feed-count").textContent = count || "";
  show("feed-empty", count === 0);
  show("feed", count > 0);
  setState($("state").dataset.state, $("state-text").textContent);
}

/* ---- HTTP ------------------------------------------------------------------------------------- */

async function request(method, path, body) {
  const headers = { "content-type": "application/json" };
  const token = login.get()?.access_token;
  if (token) headers.authorization = `Bearer ${token}`;
  const started = performance.now();
  try {
    const response = await fetch(API + path, { method, headers, body: body && JSON.stringify(body) });
    const text = await response.text();
    return { ok: response.ok, status: response.status, body: parsed(text) ?? text, ms: Math.round(performance.now() - started) };
  } catch {
    return { ok: false, status: 0, body: "nobody answers: is the server running?", ms: 0 };
  }
}

const problemWords = ({ body, status }) =>
  body?.detail ? `${body.code ?? status} – ${body.detail}` : `${status || "no answer"} – ${body?.message ?? body}`;

async function signIn(event) {
  event.preventDefault();
  const answer = await request("POST", "/auth/login", { username: $("username").value, password: $("password").value });
  show("login-error", !answer.ok);
  if (!answer.ok) { $("login-error").textContent = problemWords(answer); return; }
  $("password").value = "";
  login.set({ access_token: answer.body.access_token, user: answer.body.user });
  showLogin();
  connect(answer.body.access_token);
}

function signOut() {
  leave("signed out");
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
  show("requests", Boolean(current));
  $("who").textContent = current?.user.user_id ?? "";
  $("roles").textContent = current?.user.roles?.join(", ") ?? "";
}

const toPattern = () => document.querySelector("[name=to]:checked").value === "pattern";

function switchTarget() {
  const pattern = toPattern();
  $("target-label").textContent = pattern ? "Pattern" : "User";
  $("target").value = pattern ? "general" : "alice";
  $("send-button").textContent = pattern ? "Broadcast" : "Send";
  show("dry-run-label", pattern);
  suggestTargets();
}

function suggestTargets() {
  const names = toPattern() ? ["*", "general", "role:admin", ...topics] : ["alice", "bob", "admin"];
  $("targets").replaceChildren(...[...new Set(names)].map((value) => element("option", { value })));
}

function dataOf(text) {
  const data = parsed(text.trim() || "{}");
  const fine = data !== null && typeof data === "object" && !Array.isArray(data);
  $("data-error").textContent = fine ? "" : 'Not a JSON object such as {"loan_id": 12}';
  $("data").setAttribute("aria-invalid", String(!fine));
  show("data-error", !fine);
  return fine ? data : undefined;
}

async function sendNotification(event) {
  event.preventDefault();
  const data = dataOf($("data").value);
  if (!data) { $("data").focus(); return; }
  const content = { notification_type: $("type").value, title: $("title").value, message: $("message").value, priority: $("priority").value, data };
  const keep = $("persist").checked;
  if (toPattern()) await ask("POST", "/notifications/broadcast", { pattern: $("target").value, ...content, persist: keep ? "stream" : "none", dry_run: $("dry-run").checked });
  else await ask("POST", "/notifications/send-realtime", { user_id: $("target").value, ...content, persist: keep });
}

async function ask(method, path, body) {
  const answer = await request(method, path, body);
  const words = answer.ok ? `${answer.status} · ${answer.ms} ms · ${path}` : problemWords(answer);
  $("answer-status").textContent = words;
  $("answer-status").className = answer.ok ? "answer-status" : "answer-status bad";
  $("answer-body").replaceChildren(...pretty(answer.body));
  show("answer-body", answer.ok || typeof answer.body !== "string"); // A sentence is in the words already.
  show("answer", true);
  $("answer").scrollIntoView({ block: "nearest" });
}

function subscribe(event) {
  event.preventDefault();
  show("verdict", false);
  send({ type: "subscribe", id: id(), topics: [$("topic").value.trim()] });
  $("topic").value = "";
}

function sendRaw(event) {
  event.preventDefault();
  show("verdict", false);
  sendText($("raw-text").value);
}

/* ---- Wiring ----------------------------------------------------------------------------------- */

function on(target, type, listener) {
  $(target).addEventListener(type, listener);
}

on("login", "submit", signIn);
on("sign-out", "click", signOut);
on("connect", "click", () => connect(login.get().access_token));
on("connect-badly", "click", () => connect("not-a-token"));
on("disconnect", "click", disconnect);
on("subscribe", "submit", subscribe);
on("send", "submit", sendNotification);
on("stats", "click", () => ask("GET", "/notifications/stats"));
on("data", "input", () => { if (!$("data-error").hidden) dataOf($("data").value); });
on("clear-feed", "click", () => { $("feed").replaceChildren(); refreshFeed(); });
on("filter", "input", filterLog);
on("pause", "click", pauseLog);
on("clear-frames", "click", clearLog);
on("raw", "submit", sendRaw);
on("raw-text", "keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) sendRaw(event);
});
for (const radio of document.querySelectorAll("[name=to]")) radio.addEventListener("change", switchTarget);
for (const name of document.querySelectorAll("[data-name]")) {
  name.addEventListener("click", () => { $("username").value = name.dataset.name; $("password").focus(); });
}
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  unread = 0;
  refreshFeed();
  if (retrying && !socket && !retryTimer) retryNow();
});

showLogin();
suggestTargets();
refreshFeed();
refreshLog();
setState("idle", "not connected");
if (login.get()) connect(login.get().access_token);
