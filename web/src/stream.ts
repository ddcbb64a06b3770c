/** One stream as it arrives: how far, what came ahead, and what must wait for what is before it. */
import type { Notification } from "./notifications.js";
import type { Position } from "./position.js";

/** More than that does not wait: it would be a leak. */
const MAX_HELD = 1000;

/** So often a replay that the server has promised is not chased. */
const REPLAY_PATIENCE = 40;

/** A notification that was stored. */
export type Numbered = Notification & { readonly epoch: string; readonly seq: number };

/**
 * Everything up to `seq` has arrived, and the numbers `ahead` of it.
 *
 * While it catches up, `left` replayed notifications are to come, and then everything up to `goal` has
 * arrived; there may be `more` behind that. What comes live meanwhile is `held`, so that it does not
 * overtake, and so is what comes behind a hole. `guessed`: the server has not said yet where it stood.
 */
export class Stream {
  more = false;
  #goal: number | null = null;
  #left = 0;
  #held: Numbered[] = [];
  #ahead = new Set<number>();
  #chased = 0;
  /** What is missing cannot be had, for now or on this connection. */
  #resigned = false;
  #seq: number;
  #guessed: boolean;

  constructor(
    readonly epoch: string,
    seq: number,
    guessed = false,
  ) {
    this.#seq = seq;
    this.#guessed = guessed;
  }

  get position(): Position {
    return { epoch: this.epoch, seq: this.#seq };
  }

  /** Whether `more` is to be asked for now. */
  get isBehind(): boolean {
    return this.more && this.#goal === null;
  }

  /** Whether something waits for what nobody has been asked for, or is promised and not there. */
  get isStuck(): boolean {
    return (this.#held.length > 0 || this.#goal !== null) && !this.isBehind;
  }

  /** Each returns what may be handed over now, in order. */
  arrived(notification: Numbered): Numbered[] {
    const { seq, replay } = notification;
    if (!replay && seq > this.#seq + 1 && this.#waits) {
      if (this.#held.some((each) => each.seq === seq)) return [];
      this.#held.push(notification);
      this.#held.sort((one, other) => one.seq - other.seq);
      return this.#held.length > MAX_HELD ? this.resign() : [];
    }
    this.#note(seq);
    const ready = [notification, ...this.#drain()];
    if (!replay) return ready;
    this.#chased = 0;
    return [...ready, ...this.#count(1)];
  }

  /** The server has replayed so many, or will, and stands at `goal` then. */
  expect(goal: number, replayed: number, more: boolean): Numbered[] {
    this.#goal = goal;
    this.#left = replayed;
    this.#chased = 0;
    this.more = more;
    this.#guessed = false;
    return this.#count(0);
  }

  /** What was due began behind `seq`, or with the first that came if that is earlier. */
  stoodAt(seq: number): void {
    if (this.#guessed && this.#seq === 0 && this.#ahead.size > 0) {
      this.#seq = Math.min(seq, Math.min(...this.#ahead) - 1);
      this.#advance();
    }
    this.#guessed = false;
  }

  /** It was stuck for a while: what is missing is to be asked for. A replay may take longer. */
  chase(): void {
    if (!this.isStuck) return;
    this.#chased += 1;
    if (this.#goal !== null && this.#chased < REPLAY_PATIENCE) return;
    this.#goal = null;
    this.more = true;
  }

  /** Some is lost for good: go on behind it. */
  skipTo(seq: number): void {
    this.#seq = Math.max(this.#seq, seq);
    this.#advance();
    this.more = true;
    this.#goal = null;
  }

  /** Nothing is waited for any more, until it is tried again. The position stays. */
  resign(): Numbered[] {
    this.#resigned = true;
    return this.#release();
  }

  /** What was resigned to is to be asked for again. */
  retry(): void {
    this.more ||= this.#resigned;
    this.#resigned = false;
  }

  /** Another connection: what the last one would have brought is asked for anew. */
  reconnected(): void {
    this.#goal = null;
    this.#left = 0;
    this.more = this.#resigned = false;
  }

  get #waits(): boolean {
    return this.#goal !== null || this.more || (!this.#guessed && !this.#resigned);
  }

  #count(replayed: number): Numbered[] {
    this.#left -= replayed;
    if (this.#goal === null || this.#left > 0) return [];
    this.#seq = Math.max(this.#seq, this.#goal);
    this.#goal = null;
    this.#advance();
    return this.more ? this.#drain() : this.#release();
  }

  #release(): Numbered[] {
    this.#goal = null;
    this.more = false;
    const released = this.#held.splice(0);
    for (const { seq } of released) this.#note(seq);
    return released;
  }

  /** What was held and has nothing missing before it any more. */
  #drain(): Numbered[] {
    const end = this.#held.findIndex(({ seq }, index) => seq > this.#seq + 1 + index);
    const ready = this.#held.splice(0, end < 0 ? this.#held.length : end);
    for (const { seq } of ready) this.#note(seq);
    return ready;
  }

  #note(seq: number): void {
    if (seq > this.#seq && this.#ahead.size < MAX_HELD) this.#ahead.add(seq);
    this.#advance();
  }

  #advance(): void {
    while (this.#ahead.delete(this.#seq + 1)) this.#seq += 1;
    for (const seq of this.#ahead) if (seq <= this.#seq) this.#ahead.delete(seq);
  }
}
