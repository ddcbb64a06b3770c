/** What the emulator around this page can do: say which service it plays, and let things go wrong. */

interface Service {
  readonly service: string;
  readonly http_routes: readonly { readonly key: string }[];
}

const NEEDED = ["/auth/login", "/inbox/mark", "/notifications/send-realtime"];

/** Null if the page fits the service, else the service's name. */
export async function strangersName(): Promise<string | null> {
  const { service, http_routes } = await ask<Service>("GET", "service");
  const posts = http_routes.map(({ key }) => key);
  return NEEDED.every((path) => posts.includes(`POST /api/v1${path}`)) ? null : service;
}

export async function cut(user: string): Promise<void> {
  for (const id of await connectionsOf(user)) await ask("DELETE", `connections/${escaped(id)}`);
}

/** The next post to the user is answered with 200, and reaches nobody. */
export async function loseNextPost(user: string): Promise<void> {
  for (const connection of await connectionsOf(user)) {
    await ask("POST", "faults", { kind: "post-lost", connection, times: 1 });
  }
}

async function connectionsOf(user: string): Promise<string[]> {
  const { tables } = await ask<{ tables: { name: string }[] }>("GET", "tables");
  const table = tables.find(({ name }) => name.endsWith("connections"))?.name ?? "connections";
  const { connections } = await ask<{ connections: { connection_id: string }[] }>(
    "GET",
    "connections",
  );
  const owned = await Promise.all(
    connections.map(async ({ connection_id: id }) => {
      const path = `tables/${escaped(table)}?hash=${escaped(id)}`;
      const { items } = await ask<{ items: { username?: string }[] }>("GET", path);
      return items[0]?.username === user ? [id] : [];
    }),
  );
  return owned.flat();
}

async function ask<Answer>(method: string, path: string, body?: object): Promise<Answer> {
  const answer = await fetch(`/_local/${path}`, {
    method,
    ...(body && {
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the emulator answers ${answer.status}: ${text}`);
  return (text ? JSON.parse(text) : {}) as Answer;
}

const escaped = encodeURIComponent;
