/** How far each stream has arrived, what to give back after a reconnect, and what is missing (sans-I/O). */
import type { HeliographError } from "./errors.js";
import { type Body, isBody, mapping, number, text } from "./fields.js";
import { type Frame, topicOf } from "./frames.js";
import type { Notification } from "./notifications.js";
import { type Gap, type Position, type PositionMap, readPosition } from "./position.js";
import { type Numbered, Stream } from "./stream.js";

// API Gateway takes a frame of 32 KB and no more; the topics need some of it.
const MAX_GIVEN = 200;
const MAX_GIVEN_BYTES = 16_000;
const MAX_STREAMS = 1000;
/** Nothing of the stream is due to us: not a gap. */
const NOT_OURS = ["forbidden", "not_subscribed"];

/** Each method returns the notifications that may be handed over now, in order. */
export class Positions {
  readonly #streams = new Map<string, Stream>();
  #given = new Map<string, Position>();
  readonly #givenBack = new Set<string>();
  #early: Notification[] | null = null;
  /** Whether every stream that has begun is known, so that an unknown one begins at 0. */
  #complete = false;
  readonly #onGap: (gap: Gap) => void;

  constructor(onGap: (gap: Gap) => void) {
    this.#onGap = onGap;
  }

  /** Of every stream: what another client may go on from. */
  get all(): PositionMap {
    return Object.fromEntries([...this.#streams].map(([name, stream]) => [name, stream.position]));
  }

  /** Go on from where another client was, also where this one is ahead. */
  restore(positions: PositionMap): Notification[] {
    return Object.entries(positions).flatMap(([name, position]) => {
      const known = this.#streams.get(name);
      const isBehind = known?.epoch === position.epoch && known.position.seq > position.seq;
      return !known || isBehind ? this.#restart(name, position) : [];
    });
  }

  /** What to give back in the hello of a new connection. */
  resume(): PositionMap {
    this.#given = new Map();
    let size = 0;
    for (const [name, stream] of this.#streams) {
      size += name.length + stream.epoch.length + 40;
      if (this.#given.size < MAX_GIVEN && size < MAX_GIVEN_BYTES) {
        this.#given.set(name, stream.position);
      }
    }
    this.#early = this.#given.size ? [] : null;
    return Object.fromEntries(this.#given);
  }

  /** What came before the welcome. If there was none, an old connection may go on. */
  admitEarly(): Notification[] {
    const early = this.#early ?? [];
    this.#early = null;
    return early.flatMap((each) => this.arrived(each));
  }

  /** The streams of which more is to be asked for, and behind which position. */
  behind(): [string, Position][] {
    return [...this.#streams].flatMap(([name, stream]) =>
      stream.isBehind ? [[name, stream.position] as [string, Position]] : [],
    );
  }

  isStuck(): boolean {
    return [...this.#streams.values()].some((stream) => stream.isStuck);
  }

  /** What is missing has been waited for long enough: it is to be asked for. */
  chase(): void {
    for (const stream of this.#streams.values()) stream.chase();
  }

  arrived(notification: Notification): Notification[] {
    const { stream: name, seq, epoch } = notification;
    if (seq === null || epoch === null) return [notification];
    if (this.#early && !notification.replay) {
      this.#early.push(notification); // The welcome will say what comes before it.
      return [];
    }
    const known = this.#streams.get(name);
    if (known?.epoch === epoch) return known.arrived(notification as Numbered);
    const begin = this.#complete && !known ? 0 : seq - 1;
    const stream = this.#keep(name, new Stream(epoch, begin, seq > 1));
    return [...(known?.resign() ?? []), ...stream.arrived(notification as Numbered)];
  }

  welcomed(welcome: Frame): Notification[] {
    const resume = mapping(welcome, "resume");
    this.#complete = Object.keys(resume).length > 0;
    for (const [name, stream] of this.#streams) {
      stream.reconnected();
      stream.more = this.#complete && !this.#given.has(name);
    }
    for (const name of this.#given.keys()) {
      const said = resume[name];
      if (isBody(said) && said["recovered"] !== true && !NOT_OURS.includes(text(said, "reason"))) {
        this.#onGap({ stream: name, reason: text(said, "reason") });
      }
    }
    return [...this.#told(resume), ...this.admitEarly()];
  }

  subscribed(frame: Frame): Notification[] {
    const topic = topicOf(frame);
    const own = readPosition(frame) ? { [topic]: frame } : {};
    // What was missed between the two was not wanted.
    if (this.#givenBack.delete(topic) && topic in own) this.#streams.delete(topic);
    return this.#told({ ...mapping(frame, "streams"), ...own });
  }

  unsubscribed(frame: Frame): void {
    this.#givenBack.add(topicOf(frame));
  }

  replayed(frame: Frame): Notification[] {
    const stream = this.#streams.get(text(frame, "stream"));
    const position = readPosition(frame);
    return stream && position?.epoch === stream.epoch
      ? stream.expect(position.seq, 0, frame["has_more"] === true)
      : [];
  }

  /** More was asked for in vain: go on where the server says, else wait for a retry or the next connection. */
  refused(name: string, error: HeliographError): Notification[] {
    const stream = this.#streams.get(name);
    const { position } = error;
    if (!stream || !position) return stream?.resign() ?? [];
    this.#onGap({ stream: name, reason: error.reason ?? "" });
    if (position.epoch === stream.epoch && position.seq > stream.position.seq) {
      stream.skipTo(position.seq);
      return [];
    }
    return this.#restart(name, position);
  }

  retry(name: string): void {
    this.#streams.get(name)?.retry();
  }

  /** Whether a replay has not moved it from there, though there should be more. */
  standsAt(name: string, { epoch, seq }: Position): boolean {
    const stream = this.#streams.get(name);
    return !!stream?.isBehind && stream.epoch === epoch && stream.position.seq === seq;
  }

  #told(streams: Body): Notification[] {
    return Object.entries(streams).flatMap(([name, said]) => {
      if (!isBody(said)) return [];
      const reason = text(said, "reason");
      if (reason === "too_many_topics") this.#complete = false;
      const position = readPosition(said);
      if (position) return this.#stand(name, said, position);
      if (NOT_OURS.includes(reason) || reason === "epoch_changed") this.#streams.delete(name);
      return [];
    });
  }

  #stand(name: string, said: Body, { epoch, seq }: Position): Notification[] {
    const reason = text(said, "reason");
    // Whether the server was given no position, and says no more than where the stream is.
    const onlyStands =
      said["recovered"] !== true &&
      (["", "no_position"].includes(reason) ||
        (reason === "too_many_topics" && !this.#given.has(name)));
    const known = this.#streams.get(name);
    const goesOn = known?.epoch === epoch && reason !== "position_ahead";
    const left = goesOn ? [] : (known?.resign() ?? []);
    const stream = goesOn ? known : this.#keep(name, new Stream(epoch, onlyStands ? seq : 0));
    if (onlyStands) stream.stoodAt(seq);
    return onlyStands
      ? left
      : [...left, ...stream.expect(seq, number(said, "replayed") ?? 0, said["has_more"] === true)];
  }

  #restart(name: string, { epoch, seq }: Position): Notification[] {
    const held = this.#streams.get(name)?.resign() ?? [];
    this.#keep(name, new Stream(epoch, seq)).more = true;
    return held;
  }

  #keep(name: string, stream: Stream): Stream {
    if (this.#streams.has(name) || this.#streams.size < MAX_STREAMS)
      this.#streams.set(name, stream);
    return stream;
  }
}
