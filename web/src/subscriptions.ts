/** Which topics are asked for, on this connection and on each later one. */
import { asError } from "./errors.js";
import type { Frame, Message } from "./frames.js";

type Request = (message: Message, topics: readonly string[]) => Promise<Frame[]>;

export class Subscriptions {
  readonly topics: Set<string>;
  /** Beside these, of each `subscribe` that waits for its answer: what was not given back meanwhile. */
  readonly #wanted = new Set<Set<string>>();
  readonly #request: Request;

  constructor(topics: Iterable<string>, request: Request) {
    this.#request = request;
    this.topics = new Set(topics);
    this.#wanted.add(this.topics);
  }

  /** Only what the server accepts is asked for again. */
  async subscribe(topics: readonly string[]): Promise<void> {
    const wanted = new Set(topics);
    const asked = [...wanted];
    this.#wanted.add(wanted);
    let accepted: readonly string[] = [];
    try {
      await this.#request({ type: "subscribe", topics: asked }, asked);
      accepted = asked;
    } catch (error) {
      accepted = asError(error, "lost").accepted ?? [];
      throw error;
    } finally {
      this.#wanted.delete(wanted);
      for (const topic of accepted) if (wanted.has(topic)) this.topics.add(topic);
    }
  }

  async unsubscribe(topics: readonly string[]): Promise<void> {
    const unwanted = [...new Set(topics)];
    for (const each of this.#wanted) for (const topic of unwanted) each.delete(topic);
    await this.#request({ type: "unsubscribe", topics: unwanted }, unwanted);
  }
}
