/** Requests that wait for their answers, matched by `id`. */
import { HeliographError } from "./errors.js";
import { type Frame, requestOf, requestRefusal, topicOf } from "./frames.js";

/** One message sent. It is answered once for each of its topics, or once if it names none. */
class Request {
  readonly answered: Promise<Frame[]>;
  fail!: (error: HeliographError) => void;
  readonly #topics: Set<string>;
  readonly #answers: Frame[] = [];
  readonly #refusals: HeliographError[] = [];
  #resolve!: (answers: Frame[]) => void;

  constructor(topics: readonly string[]) {
    this.#topics = new Set(topics);
    this.answered = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.fail = reject;
    });
  }

  /** Whether the answer was waited for: a refused topic of a `hello` is not. */
  take(frame: Frame): boolean {
    const topic = topicOf(frame);
    if (topic && !this.#topics.delete(topic)) return false;
    if (frame.type === "error") this.#refusals.push(requestRefusal(frame));
    else this.#answers.push(frame);
    if (!topic || this.#topics.size === 0) this.#settle();
    return true;
  }

  #settle(): void {
    const refusals = this.#refusals;
    const [first] = refusals;
    if (!first) return this.#resolve(this.#answers);
    if (!first.topic) return this.fail(first);
    const accepted = this.#answers.map(topicOf);
    const message = refusals.map((each) => each.message).join("; ");
    const temporary = refusals.every((each) => each.temporary);
    this.fail(
      new HeliographError("request_refused", message, { ...first, refusals, accepted, temporary }),
    );
  }
}

/** The open requests of one connection. */
export class Pending {
  readonly #requests = new Map<string, Request>();
  #count = 0;

  /** Its id, and the answers once they are all there. */
  open(topics: readonly string[]): [string, Promise<Frame[]>] {
    this.#count += 1;
    const id = String(this.#count);
    const request = new Request(topics);
    this.#requests.set(id, request);
    const answered = request.answered.finally(() => this.#requests.delete(id));
    answered.catch(() => {}); // Nobody may be waiting any more.
    return [id, answered];
  }

  /** Give the answer to its request. Whether any had been waiting for it. */
  settle(frame: Frame): boolean {
    return this.#requests.get(requestOf(frame))?.take(frame) ?? false;
  }

  /** No answer will come: to one request, or to any. */
  fail(error: HeliographError, id?: string): void {
    for (const [each, request] of this.#requests) if (!id || each === id) request.fail(error);
  }
}
