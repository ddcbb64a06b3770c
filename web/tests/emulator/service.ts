/** The running service, as its users and its tests use it. */
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { inject, vi } from "vitest";
import { WebSocket as NodeSocket } from "ws";
import { type ClientOptions, HeliographClient, type Notification } from "../../src/index.js";

type Json = Record<string, unknown>;

const PASSWORD = "correct horse";
/** What serverless.yml signs tokens with on a laptop. */
const KEY = "demo-key-for-laptops-only-not-a-secret";
const KEY_ID = "local-demo";
export const url = inject("url");

let aheadSeconds = 0;

/** Every test has users of its own. */
export async function newUser(...roles: string[]): Promise<string> {
  const username = `web-${crypto.randomUUID()}`;
  await asAdmin("POST", "/admin/users", { username, password: PASSWORD, roles });
  return username;
}

/** A token as a login makes it, at the emulator's time: logins take long by design. */
export function mint(username: string, roles: readonly string[] = [], seconds = 3600): string {
  const now = Math.floor(Date.now() / 1000) + aheadSeconds;
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const known = { iss: "heliograph", aud: "heliograph", iat: now, exp: now + seconds };
  const signed = `${part({ alg: "HS256", kid: KEY_ID })}.${part({ sub: username, roles, ...known })}`;
  return `${signed}.${createHmac("sha256", KEY).update(signed).digest("base64url")}`;
}

export async function asAdmin(method: string, path: string, body?: Json): Promise<Json> {
  return call(method, `/api/v1${path}`, body, mint("admin", ["admin"]));
}

export function send(user_id: string, title: string, fields: Json = {}): Promise<Json> {
  const body = { user_id, notification_type: "greeting", title, message: "", ...fields };
  return asAdmin("POST", "/notifications/send-realtime", body);
}

export function broadcast(pattern: string, title: string): Promise<Json> {
  const body = { pattern, notification_type: "news", title, message: "" };
  return asAdmin("POST", "/notifications/broadcast", body);
}

export async function advance(seconds: number): Promise<void> {
  await call("POST", "/_local/clock", { advance: seconds });
  aheadSeconds += seconds;
}

export async function addFault(fault: Json): Promise<void> {
  await call("POST", "/_local/faults", fault);
}

export async function connections(): Promise<Json[]> {
  return (await call("GET", "/_local/connections"))["connections"] as Json[];
}

/** A client and what it has heard. */
export class Listener {
  readonly client: HeliographClient;
  readonly heard: Notification[] = [];
  readonly frames: string[] = [];
  connectionId = "";
  tokensAsked = 0;

  constructor(
    readonly username: string,
    options: Partial<ClientOptions> = {},
  ) {
    this.client = new HeliographClient({
      url,
      WebSocket: NodeSocket as unknown as typeof WebSocket,
      random: () => 0.1,
      shareTabs: false,
      getToken: () => {
        this.tokensAsked += 1;
        return mint(username);
      },
      ...options,
    });
    this.client.on("notification", (notification) => this.heard.push(notification));
    this.client.on("frame", (frame) => {
      this.frames.push(frame.type);
      if (frame.type === "welcome") this.connectionId = frame["connection_id"] as string;
    });
  }

  get titles(): string[] {
    return this.heard.map(({ title }) => title);
  }

  async open(): Promise<this> {
    this.client.open();
    await eventually(() => this.client.status === "connected");
    return this;
  }
}

/** Waits for the thing, not for a while. */
export async function eventually(holds: () => unknown | Promise<unknown>): Promise<void> {
  await vi.waitFor(
    async () => {
      if (!(await holds())) throw new Error(`not yet: ${holds}`);
    },
    { timeout: 60_000, interval: 20 },
  );
}

/** Not by `fetch`: where a test plays a page, that is a page's, and may not do what a test must. */
async function call(method: string, path: string, body?: Json, token?: string): Promise<Json> {
  const headers = {
    "Content-Type": "application/json",
    ...(token && { Authorization: `Bearer ${token}` }),
  };
  const asked = request(url + path, { method, headers });
  asked.end(body && JSON.stringify(body));
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  const answered = await text(answer);
  if ((answer.statusCode ?? 0) >= 400) throw new Error(`${method} ${path}: ${answered}`);
  return answered ? JSON.parse(answered) : {};
}
