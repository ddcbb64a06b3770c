/** What arrives, over one connection after another: in order, and nothing left behind. */
import { Backoff } from "./backoff.js";
import type { Connection } from "./connection.js";
import { asError, HeliographError, isTemporary } from "./errors.js";
import { type Frame, saysCounts } from "./frames.js";
import type { Emit } from "./link.js";
import type { Notification } from "./notifications.js";
import type { Position, PositionMap } from "./position.js";
import { Positions } from "./positions.js";

/** Posts of two functions may overtake each other by so much: what is late is not yet missing. */
const PATIENCE_MS = 250;

/** Hears the connection, and hands over what has nothing of its stream before it. */
export class Arrivals {
  readonly #positions: Positions;
  #connection: Connection | null = null;
  #isCatchingUp = false;
  /** How often counts were said, and how often when something arrived. */
  #saidCounts = 0;
  readonly #saidBefore = new WeakMap<Notification, number>();
  #patience: ReturnType<typeof setTimeout> | undefined;
  readonly #retries = new Set<ReturnType<typeof setTimeout>>();
  readonly #backoff: Backoff;
  readonly #emit: Emit;

  constructor(emit: Emit, random: () => number) {
    this.#emit = emit;
    this.#positions = new Positions((gap) => emit("gap", gap));
    this.#backoff = new Backoff(random);
  }

  get reached(): PositionMap {
    return this.#positions.all;
  }

  restore(positions: PositionMap): void {
    this.#release(this.#positions.restore(positions));
  }

  /** What to give back in the hello of a new connection. */
  resume(): PositionMap {
    return this.#positions.resume();
  }

  /** That hello was in vain. */
  notWelcomed(): void {
    this.#release(this.#positions.admitEarly());
  }

  /** Whom to ask for what did not fit into an answer, or is missing; null while there is nobody. */
  askOf(connection: Connection | null): void {
    this.#connection = connection;
    for (const timer of [this.#patience, ...this.#retries]) clearTimeout(timer);
    this.#patience = undefined;
    this.#retries.clear();
    this.#backoff.reset();
    this.#lookBehind();
  }

  arrive(notification: Notification): void {
    this.#saidBefore.set(notification, this.#saidCounts);
    this.#release(this.#positions.arrived(notification));
  }

  hear(frame: Frame): void {
    if (saysCounts(frame)) this.#saidCounts += 1;
    if (frame.type === "welcome") this.#release(this.#positions.welcomed(frame));
    if (frame.type === "subscribed") this.#release(this.#positions.subscribed(frame));
    if (frame.type === "unsubscribed") this.#positions.unsubscribed(frame);
    if (frame.type === "replayed") this.#release(this.#positions.replayed(frame));
  }

  #release(notifications: readonly Notification[]): void {
    for (const each of notifications) this.#emit("notification", this.#withoutOldCounts(each));
    this.#lookBehind();
  }

  /** What had to wait is in the counts that were said meanwhile, as a replayed one is. */
  #withoutOldCounts(notification: Notification): Notification {
    if (this.#saidBefore.get(notification) === this.#saidCounts) return notification;
    return { ...notification, unread: null, unseen: null, replay: true };
  }

  #lookBehind(): void {
    if (!this.#connection) return;
    if (this.#positions.isStuck()) {
      this.#patience ??= setTimeout(() => {
        this.#patience = undefined;
        this.#positions.chase();
        this.#lookBehind();
      }, PATIENCE_MS);
    }
    if (!this.#isCatchingUp && this.#positions.behind().length)
      void this.#catchUp(this.#connection);
  }

  async #catchUp(connection: Connection): Promise<void> {
    this.#isCatchingUp = true;
    for (let first = this.#next(connection); first; first = this.#next(connection)) {
      await this.#replay(connection, ...first);
    }
    this.#isCatchingUp = false;
    this.#lookBehind();
  }

  #next(connection: Connection): [string, Position] | undefined {
    return this.#connection === connection ? this.#positions.behind()[0] : undefined;
  }

  async #replay(connection: Connection, stream: string, position: Position): Promise<void> {
    const { epoch, seq } = position;
    try {
      await connection.request({ type: "replay", stream, epoch, after_seq: seq });
      // What is being stored at the moment comes live: to ask again at once would be a storm.
      if (this.#positions.standsAt(stream, position)) throw new HeliographError("no_answer", "");
      this.#backoff.reset();
    } catch (thrown) {
      // If the connection has ended, the next one resumes.
      if (this.#connection !== connection) return;
      const error = asError(thrown, "lost");
      this.#release(this.#positions.refused(stream, error));
      if (isTemporary(error)) this.#retryLater(stream, error.retryAfterMs ?? 0);
    }
  }

  #retryLater(stream: string, afterMs: number): void {
    const retry = setTimeout(
      () => {
        this.#retries.delete(retry);
        this.#positions.retry(stream);
        this.#lookBehind();
      },
      Math.max(afterMs, this.#backoff.nextDelay()),
    );
    this.#retries.add(retry);
  }
}
