// The emulator's own API.

async function ask(method, path, body) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.headers["content-type"] = "application/json";
    options.body = typeof body === "string" ? body : JSON.stringify(body);
  }
  const response = await fetch(`/_local/${path}`, options);
  const text = await response.text();
  let content = null;
  try { content = text ? JSON.parse(text) : null; } catch { content = text; }
  if (!response.ok) throw new Error(content?.error ?? content?.message ?? `${response.status} ${response.statusText}`);
  return { content, failed: response.headers.get("x-amz-function-error") !== null };
}

const get = async (path) => (await ask("GET", path)).content;

export const local = {
  service: () => get("service"),
  clock: () => get("clock"),
  advance: async (seconds) => (await ask("POST", "clock", { advance: seconds })).content,
  faults: () => get("faults"),
  addFault: (fault) => ask("POST", "faults", fault),
  removeFault: (number) => ask("DELETE", `faults/${number}`),
  clearFaults: () => ask("DELETE", "faults"),
  connections: async () => (await get("connections")).connections,
  post: (connection, text) => ask("POST", `connections/${encodeURIComponent(connection)}`, { text }),
  close: (connection) => ask("DELETE", `connections/${encodeURIComponent(connection)}`),
  // The event as JSON text; `failed` tells an answer from what was raised.
  invoke: (name, event) => ask("POST", `functions/${encodeURIComponent(name)}/invocations`, event),
  tables: async () => (await get("tables")).tables,
  queues: async () => (await get("queues")).queues,
  items: (table, wanted) => get(`tables/${encodeURIComponent(table)}?${new URLSearchParams(wanted)}`),
};
