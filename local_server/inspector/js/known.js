// Rows of the service's table of connections, if it has one: a table with one key, whose name says connection id.

import { local } from "./local.js";

const WHO = ["username", "user_id", "userId", "user", "principal", "principalId", "sub", "email", "name"];
const TOPICS = ["topics", "subscriptions", "channels", "rooms"];
// A row may change while its connection lives.
const FRESH_MS = 5000;
const AT_ONCE = 25;

export class Rows {
  #table = undefined;
  #rows = new Map();

  // By connection: `who` and `topics`, as far as they are known.
  async of(ids) {
    if (this.#table === undefined) this.#table = await this.#found();
    if (!this.#table) return new Map();
    const open = new Set(ids);
    for (const id of this.#rows.keys()) if (!open.has(id)) this.#rows.delete(id);
    const old = ids.filter((id) => !(this.#rows.get(id)?.at > Date.now() - FRESH_MS)).slice(0, AT_ONCE);
    await Promise.all(old.map((id) => this.#read(id)));
    return new Map([...this.#rows].map(([id, { row }]) => [id, row]));
  }

  async #found() {
    const tables = await local.tables();
    return tables.find(({ key }) => key.length === 1 && /^connection_?id$/i.test(key[0].name))?.name ?? null;
  }

  async #read(id) {
    const { items } = await local.items(this.#table, { hash: id, limit: 1 });
    this.#rows.set(id, { at: Date.now(), row: items.length ? told(items[0]) : {} });
  }
}

function told(item) {
  const who = WHO.map((name) => item[name]).find((value) => typeof value === "string" && value);
  const topics = TOPICS.map((name) => item[name]).find(Array.isArray);
  return { ...(who && { who }), ...(topics && { topics: topics.filter((topic) => typeof topic === "string").map((topic) => topic.replace(/#\d+$/, "")) }) };
}
