// The service's own HTTP API, where it is one that the Try it panel knows.

import { parsed } from "./json.js";

export const api = { base: "", socketPath: "" };

// sessionStorage belongs to one tab, so alice and bob can sit side by side.
export const login = {
  get: () => JSON.parse(sessionStorage.getItem("heliograph.login") ?? "null"),
  set: (value) => sessionStorage.setItem("heliograph.login", JSON.stringify(value)),
  clear: () => sessionStorage.removeItem("heliograph.login"),
};

const NEEDED = ["/auth/login", "/notifications/send-realtime", "/notifications/broadcast"];

// Whether the service has what the panel needs; then its paths are known.
export function isKnown(service) {
  const posts = service.http_routes.map(({ key }) => key).filter((key) => key.startsWith("POST ")).map((key) => key.slice(5));
  const first = posts.find((path) => path.endsWith(NEEDED[0]));
  if (first === undefined || !service.websocket_routes.some(({ key }) => key === "$connect")) return false;
  api.base = first.slice(0, -NEEDED[0].length);
  api.socketPath = service.websocket_paths.find((path) => path.startsWith(`${api.base}/`)) ?? service.websocket_paths[0];
  return NEEDED.every((path) => posts.includes(api.base + path));
}

export function socketUrl(token) {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return `${scheme}://${location.host}${api.socketPath}?token=${encodeURIComponent(token)}`;
}

export async function request(method, path, body) {
  const headers = { "content-type": "application/json" };
  const token = login.get()?.access_token;
  if (token) headers.authorization = `Bearer ${token}`;
  const started = performance.now();
  try {
    const response = await fetch(api.base + path, { method, headers, body: body && JSON.stringify(body) });
    const text = await response.text();
    return { ok: response.ok, status: response.status, body: parsed(text) ?? text, ms: Math.round(performance.now() - started) };
  } catch {
    return { ok: false, status: 0, body: "nobody answers: is the server running?", ms: 0 };
  }
}

export const problemWords = ({ body, status }) =>
  body?.detail ? `${body.code ?? status} – ${body.detail}` : `${status || "no answer"} – ${body?.message ?? body}`;
