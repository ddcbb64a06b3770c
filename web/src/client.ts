/** The client: notifications over a connection that comes back by itself, and the HTTP API. */
import { Api, type Counts, readCounts } from "./api.js";
import { Emitter } from "./emitter.js";
import { closedByOwner, type HeliographError } from "./errors.js";
import { type Frame, type Message, topicsOf } from "./frames.js";
import { Line, type LineOptions } from "./line.js";
import type { Emit, Link, LinkEvents } from "./link.js";
import type { Notification } from "./notifications.js";
import type { ClientOptions } from "./options.js";
import { watchPage } from "./page.js";
import { type PresenceState, readPresenceState } from "./presence.js";
import { RecentIds } from "./recent.js";
import type { Change, Status } from "./states.js";
import { subjectOf, TokenSource } from "./tokens.js";
import { checkedBaseUrl, websocketUrl } from "./urls.js";

/** Notifications as they happen. It is opened once, and closed once. */
export class HeliographClient {
  readonly api: Api;
  readonly #socketUrl: string;
  readonly #tokens: TokenSource;
  readonly #emitter = new Emitter<LinkEvents>();
  readonly #recent = new RecentIds();
  readonly #link: Promise<Link>;
  #present: Link | null = null;
  #last: Change = { status: "idle", error: null, retryInMs: null };
  #resolveLink!: (link: Link) => void;
  #rejectLink!: (error: HeliographError) => void;
  #stopWatching = () => {};
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
    const baseUrl = checkedBaseUrl(options.url);
    const token = options.getToken ?? options.token;
    if (token === undefined) throw new TypeError("a client needs getToken or a token");
    this.#socketUrl = options.websocketUrl ?? websocketUrl(baseUrl);
    this.#tokens = new TokenSource(token);
    this.api = new Api(baseUrl, this.#tokens, options.fetch ?? globalThis.fetch);
    this.#link = new Promise((resolve, reject) => {
      this.#resolveLink = resolve;
      this.#rejectLink = reject;
    });
    this.#link.catch(() => {}); // Nobody may have asked for it.
  }

  get status(): Status {
    return this.#last.status;
  }

  /** Why there is no connection. */
  get error(): HeliographError | null {
    return this.#last.error;
  }

  /** What is asked for on each connect, beside what the server subscribes on its own. */
  get topics(): string[] {
    return [...(this.#present?.topics ?? this.#options.topics ?? [])];
  }

  /** Returns how to stop listening. */
  on<Name extends keyof LinkEvents>(
    name: Name,
    listener: (value: LinkEvents[Name]) => void,
  ): () => void {
    return this.#emitter.on(name, listener);
  }

  open(): void {
    if (this.status !== "idle") return;
    this.#emit("change", { status: "connecting", error: null, retryInMs: null });
    this.#stopWatching = watchPage(() => this.#present?.probe());
    void this.#start();
  }

  close(): void {
    if (this.status === "disconnected") return;
    this.#stopWatching();
    this.#rejectLink(closedByOwner());
    if (this.#present) this.#present.close();
    else this.#emit("change", { status: "disconnected", error: null, retryInMs: null });
  }

  /** Another connection, now; also after a refusal. */
  reconnect(): void {
    this.open();
    this.#present?.reconnect();
  }

  /** Now and after each reconnect. Throws `request_refused`, which leaves `accepted` subscribed. */
  async subscribe(...topics: string[]): Promise<void> {
    await (await this.#link).subscribe(topics);
  }

  async unsubscribe(...topics: string[]): Promise<void> {
    await (await this.#link).unsubscribe(topics);
  }

  /** The answers to a message, from this connection or the next. */
  async request(message: Message): Promise<Frame[]> {
    return (await this.#link).request(message, topicsOf(message));
  }

  /** Resolves once the message is on a socket. Without a connection it waits; `queue_full`: too many do. */
  async send(message: Message): Promise<void> {
    await (await this.#link).send(message);
  }

  async mark(
    ids: readonly string[],
    state: "seen" | "read" | "unread" | "archived",
  ): Promise<Counts> {
    const [marked = {}] = await this.request({ type: "mark", ids, state });
    return readCounts(marked);
  }

  async presence(topic: string): Promise<PresenceState> {
    const [state = {}] = await this.request({ type: "presence", topic });
    return readPresenceState(state);
  }

  async #start(): Promise<void> {
    await null; // An owner who opens and closes in one breath has asked for nothing.
    if (this.#isClosed) return;
    const link = await this.#makeLink();
    if (this.#isClosed) return link.close();
    this.#present = link;
    this.#resolveLink(link);
    link.open();
  }

  get #isClosed(): boolean {
    return this.status === "disconnected";
  }

  async #makeLink(): Promise<Link> {
    const options = this.#lineOptions();
    const emit: Emit = (name, value) => this.#emit(name, value);
    const locks = globalThis.navigator?.locks;
    const { BroadcastChannel } = globalThis;
    if (this.#options.shareTabs === false || !locks || !BroadcastChannel)
      return new Line(options, emit);
    try {
      const user = this.#options.user ?? subjectOf(await this.#tokens.current());
      // Half of what a page needs to begin with is enough: the rest is loaded here.
      const { SharedLine } = await import("./shared_line.js");
      const name = `heliograph ${this.#socketUrl} ${user}`;
      if (user) return new SharedLine(name, options, emit, { locks, BroadcastChannel });
    } catch {
      // Without a token or that code: a line of its own, which goes on trying.
    }
    return new Line(options, emit);
  }

  #lineOptions(): LineOptions {
    const { topics = [], queueLimit = 100, random = Math.random, tokenIn } = this.#options;
    return {
      openSocket: (token) => {
        const Socket = this.#options.WebSocket ?? globalThis.WebSocket;
        return tokenIn === "subprotocol"
          ? new Socket(this.#socketUrl, ["heliograph.v1", `token.${token}`])
          : new Socket(`${this.#socketUrl}?token=${encodeURIComponent(token)}`);
      },
      tokens: this.#tokens,
      topics,
      queueLimit,
      random,
    };
  }

  #emit<Name extends keyof LinkEvents>(name: Name, value: LinkEvents[Name]): void {
    if (name === "change") {
      const last = this.#last;
      this.#last = value as Change;
      if (last.status === this.status && !last.error && !this.error) return;
    }
    if (
      name === "notification" &&
      (this.#isClosed || !this.#recent.add((value as Notification).id))
    )
      return;
    this.#emitter.emit(name, value);
  }
}
