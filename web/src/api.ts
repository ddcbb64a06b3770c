/** The HTTP API, with the token of the socket. */
import { HeliographError } from "./errors.js";
import { type Body, bodies, isBody, mapping, number, text } from "./fields.js";
import { type Notification, readNotification } from "./notifications.js";
import type { TokenSource } from "./tokens.js";
import { BASE_PATH } from "./urls.js";

/** API Gateway answers within 29 s or not at all. */
const TIMEOUT_MS = 30_000;

/** The server's word on an inbox. */
export interface Counts {
  readonly unread: number;
  readonly unseen: number;
}

export interface InboxPage {
  /** Newest first. */
  readonly entries: readonly Notification[];
  readonly counts: Counts;
  /** Where the next page begins, null after the last one. */
  readonly nextCursor: string | null;
}

export type Query = Readonly<Record<string, string | number | undefined>>;

interface Asked {
  readonly query?: Query;
  readonly body?: Body;
  readonly key?: string | undefined;
}

/** Requests to the service at `baseUrl`. If it answers 401, another token is asked for once. */
export class Api {
  readonly #baseUrl: string;
  readonly #tokens: TokenSource;
  readonly #fetch: typeof globalThis.fetch;

  constructor(baseUrl: string, tokens: TokenSource, fetch: typeof globalThis.fetch) {
    this.#baseUrl = baseUrl;
    this.#tokens = tokens;
    this.#fetch = fetch;
  }

  async inbox(query: Query = {}): Promise<InboxPage> {
    const body = await this.call("GET", "/inbox", { query });
    const page = mapping(body, "page");
    return {
      entries: bodies(body, "entries").flatMap((each) => readNotification(each) ?? []),
      counts: readCounts(mapping(body, "counts")),
      nextCursor: page["has_more"] === true ? text(page, "next_cursor") : null,
    };
  }

  /** All that is in the inbox, or of it what is older than `before`. */
  async markAll(state: "seen" | "read" | "archived", before?: string): Promise<Counts> {
    return readCounts(await this.call("POST", "/inbox/mark-all", { body: { state, before } }));
  }

  /** To a user. `key`: the same request under the same key is done once. */
  send(notification: Body, key = freshKey()): Promise<Body> {
    return this.call("POST", "/notifications/send-realtime", { body: notification, key });
  }

  /** To a topic. */
  broadcast(notification: Body, key = freshKey()): Promise<Body> {
    return this.call("POST", "/notifications/broadcast", { body: notification, key });
  }

  /** Any route. Throws `api` for a problem, `lost` if nobody answers. */
  async call(method: string, path: string, request: Asked = {}): Promise<Body> {
    const answer = await this.#fetchWith(await this.#tokens.current(), method, path, request);
    if (answer.status !== 401 || !this.#tokens.renewable) return bodyOf(answer);
    return bodyOf(await this.#fetchWith(await this.#tokens.renew(), method, path, request));
  }

  async #fetchWith(
    token: string,
    method: string,
    path: string,
    { query = {}, body, key }: Asked,
  ): Promise<Response> {
    const url = new URL(this.#baseUrl + BASE_PATH + path);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const headers = {
      Authorization: `Bearer ${token}`,
      ...(body && { "Content-Type": "application/json" }),
      ...(key && { "Idempotency-Key": key }),
    };
    try {
      const fetch = this.#fetch; // As a method of ours, browsers would refuse it.
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const content = body ? JSON.stringify(body) : null;
      return await fetch(url, { method, headers, signal, body: content });
    } catch (error) {
      throw new HeliographError(
        "lost",
        `cannot reach ${this.#baseUrl}: ${(error as Error).message}`,
      );
    }
  }
}

/** Pages that came over plain HTTP from another machine are given no randomness of that kind. */
function freshKey(): string | undefined {
  return crypto.randomUUID?.();
}

export function readCounts(body: Body): Counts {
  return { unread: number(body, "unread") ?? 0, unseen: number(body, "unseen") ?? 0 };
}

async function bodyOf(answer: Response): Promise<Body> {
  const json: unknown = await answer.json().catch(() => null);
  const body = isBody(json) ? json : {};
  if (answer.ok) return body;
  const { status } = answer;
  // API Gateway's own answers are no problem documents: they have a `message`.
  throw new HeliographError(
    "api",
    text(body, "detail") || text(body, "message") || `HTTP ${status}`,
    {
      code: number(body, "code") ?? 4000 + status,
      requestId: text(body, "request_id"),
      retryAfterMs: (Number(answer.headers.get("retry-after")) || 0) * 1000,
      status,
      temporary: status === 429 || status >= 500,
    },
  );
}
