/** A WebSocket whose server is the test. */
import type { Frame } from "../../src/frames.js";

export class FakeSocket {
  static readonly CONNECTING = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly sent: Frame[] = [];
  isOpen = false;
  /** Whether the client has closed it. */
  isClosed = false;

  constructor(
    readonly url: string,
    readonly protocols: readonly string[] = [],
  ) {}

  send(text: string): void {
    if (!this.isOpen) throw new Error("InvalidStateError");
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.isClosed = true;
    this.isOpen = false;
  }

  accept(): void {
    this.isOpen = true;
    this.onopen?.();
  }

  say(frame: object | string): void {
    this.onmessage?.({ data: typeof frame === "string" ? frame : JSON.stringify(frame) });
  }

  drop(code = 1006, reason = ""): void {
    this.isOpen = false;
    this.onclose?.({ code, reason });
  }

  /** The first message of that type, and forgets what was before it. */
  take(type: string): Frame | undefined {
    const index = this.sent.findIndex((each) => each.type === type);
    return index < 0 ? undefined : this.sent.splice(0, index + 1).at(-1);
  }

  get token(): string | null {
    return new URL(this.url).searchParams.get("token");
  }
}

/** Every socket that a client opens, and the class that it opens them with. */
export class FakeServer {
  readonly sockets: FakeSocket[] = [];
  readonly WebSocket: typeof WebSocket;

  constructor() {
    const { sockets } = this;
    this.WebSocket = class extends FakeSocket {
      constructor(url: string, protocols?: readonly string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    } as unknown as typeof WebSocket;
  }

  get newest(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("nobody has tried to connect");
    return socket;
  }

  /** Accepts the newest, and answers its hello. Returns the hello. */
  async welcome(fields: object = {}): Promise<Frame> {
    await settled();
    this.newest.accept();
    await settled();
    const hello = this.newest.take("hello");
    if (!hello) throw new Error("there was no hello");
    this.newest.say({ ...WELCOME, id: hello["id"], ...fields });
    await settled();
    return hello;
  }
}

export const WELCOME = {
  type: "welcome",
  connection_id: "c-1",
  user_id: "alice",
  roles: ["user"],
  ping_interval_ms: 540_000,
  max_age_ms: 7_200_000,
  token_expires_at: null,
  unread: 0,
  unseen: 0,
  subscriptions: ["general", "user:alice"],
  resume: {},
};

/** Once everything has happened that waits for no timer. */
export async function settled(): Promise<void> {
  // Twice: a channel between tabs may have to be crossed there and back.
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
