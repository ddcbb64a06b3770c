/** A line to the server: one connection after another, and what was asked for on each of them. */
import { Arrivals } from "./arrivals.js";
import type { Connection } from "./connection.js";
import { CurrentConnection } from "./current_connection.js";
import { Dialer, type DialerOptions, type Welcomed } from "./dialer.js";
import { asError, closedByOwner, HeliographError } from "./errors.js";
import { number } from "./fields.js";
import type { Frame, Message } from "./frames.js";
import type { Emit, Link } from "./link.js";
import { Pause } from "./pause.js";
import type { PositionMap } from "./position.js";
import { Recovery } from "./recovery.js";
import { replacementDelay } from "./replacement.js";
import type { Change, Status } from "./states.js";
import { Subscriptions } from "./subscriptions.js";

export interface LineOptions extends DialerOptions {
  readonly topics: Iterable<string>;
  readonly queueLimit: number;
  readonly random: () => number;
}

export class Line implements Link {
  readonly #subscriptions: Subscriptions;
  readonly #arrivals: Arrivals;
  readonly #recovery: Recovery;
  readonly #current: CurrentConnection;
  readonly #pause = new Pause();
  readonly #dialer: Dialer;
  #status: Status = "idle";
  #isOver = false;
  /** While it waits for its next try, and nothing speaks against trying at once. */
  #mayHurry = false;
  readonly #options: LineOptions;
  readonly #emit: Emit;

  constructor(options: LineOptions, emit: Emit) {
    this.#options = options;
    this.#emit = emit;
    this.#subscriptions = new Subscriptions(options.topics, (...asked) => this.request(...asked));
    this.#arrivals = new Arrivals(emit, options.random);
    this.#recovery = new Recovery(options.random, options.tokens.renewable);
    this.#current = new CurrentConnection(options.queueLimit);
    this.#dialer = new Dialer(options, this.#arrivals, {
      onNotification: (notification) => this.#arrivals.arrive(notification),
      onFrame: (frame) => this.#hear(frame),
      onError: (error) => emit("error", error),
    });
  }

  get topics(): ReadonlySet<string> {
    return this.#subscriptions.topics;
  }

  /** How far it has come in each stream. */
  get reached(): PositionMap {
    return this.#arrivals.reached;
  }

  /** Go on where another tab was. A token that was asked for back then may be old. */
  restore(positions: PositionMap): void {
    this.#arrivals.restore(positions);
    this.#dialer.distrustToken();
  }

  open(): void {
    if (this.#status === "idle") void this.#run();
  }

  close(): void {
    if (this.#status === "disconnected") return;
    this.#stop("disconnected", closedByOwner());
  }

  reconnect(): void {
    this.#recovery.reset();
    const connection = this.#current.get();
    if (this.#status === "idle" || this.#status === "refused") void this.#run();
    else if (!connection) this.#pause.end();
    else
      connection.end(new HeliographError("refused", "its owner asked for another", { code: 4200 }));
  }

  probe(): void {
    if (this.#mayHurry) this.#pause.end();
    void this.#current.get()?.probe();
  }

  subscribe(topics: readonly string[]): Promise<void> {
    return this.#subscriptions.subscribe(topics);
  }

  unsubscribe(topics: readonly string[]): Promise<void> {
    return this.#subscriptions.unsubscribe(topics);
  }

  async request(message: Message, topics: readonly string[] = []): Promise<Frame[]> {
    const answers = await this.#current.request(message, topics);
    if (message.type === "mark") this.#tellMarked(message, answers);
    return answers;
  }

  send(message: Message): Promise<void> {
    return this.#current.send(message);
  }

  /** Connects again and again, until there is no point in another try. */
  async #run(): Promise<void> {
    this.#isOver = false;
    this.#current.expect();
    this.#change({ status: "connecting" });
    // An owner who opens and closes in one breath has asked for nothing.
    await null;
    while (!this.#isOver) {
      const [error, livedMs] = await this.#live();
      if (this.#isOver) return;
      const delay = this.#recovery.delayAfter(error, livedMs);
      if (delay === null) return this.#stop("refused", error);
      this.#change({ status: "recovering", error, retryInMs: delay });
      this.#mayHurry = error.kind !== "refused" && !error.retryAfterMs;
      await this.#pause.wait(delay);
      this.#mayHurry = false;
    }
  }

  /** Connections without a break between them: why the last one ended, and how long they were up. */
  async #live(): Promise<[HeliographError, number]> {
    let since = 0;
    try {
      let next = await this.#dialer.dial(this.topics);
      since = Date.now();
      for (;;) {
        const end = await this.#use(next);
        if (end instanceof HeliographError) throw end;
        next = end;
      }
    } catch (error) {
      this.#current.lose();
      this.#arrivals.askOf(null);
      return [asError(error, "lost"), since && Date.now() - since];
    }
  }

  /** Until it ends, or its successor is there: API Gateway ends any connection after two hours. */
  async #use([connection, welcome]: Welcomed): Promise<Welcomed | HeliographError> {
    this.#begin(connection, welcome);
    for (let tries = 0; ; tries += 1) {
      const delay = replacementDelay(welcome, tries, this.#options.random());
      const ended = await Promise.race([connection.ended, this.#pause.wait(delay)]);
      this.#pause.end();
      if (ended) return ended;
      // If there is none, the old one goes on.
      const successor = this.#dialer.dial(this.topics).catch(() => null);
      const next = await Promise.race([connection.ended, successor]);
      if (next instanceof HeliographError) this.#dialer.hangUp(next);
      if (next) return next;
    }
  }

  #begin(connection: Connection, welcome: Frame): void {
    if (this.#isOver) return connection.end(closedByOwner());
    const old = this.#current.get();
    connection.keepAlive(number(welcome, "ping_interval_ms") ?? 0);
    if (!old) this.#change({ status: "connected" });
    this.#arrivals.askOf(connection);
    this.#current.set(connection);
    old?.end(new HeliographError("lost", "another connection took its place"));
  }

  #hear(frame: Frame): void {
    this.#emit("frame", frame);
    this.#arrivals.hear(frame);
    if (frame.type !== "token_expiring") return;
    const renewed = this.#dialer.renewToken(this.#current.get());
    renewed.catch((error) => this.#emit("error", asError(error, "token")));
  }

  /** What the server tells the user's other connections: other tabs share this one. */
  #tellMarked({ ids, state }: Message, [marked]: Frame[]): void {
    const at = new Date().toISOString();
    this.#emit("frame", { type: "notification_updated", ids, state, at });
    this.#hear({ ...marked, type: "unread_count_changed" });
  }

  #stop(status: Status, error: HeliographError): void {
    this.#isOver = true;
    this.#dialer.hangUp(error);
    this.#current.end(error);
    this.#pause.end();
    this.#change({ status, error: status === "refused" ? error : null });
  }

  #change(change: Pick<Change, "status"> & Partial<Change>): void {
    this.#status = change.status;
    this.#emit("change", { error: null, retryInMs: null, ...change });
  }
}
