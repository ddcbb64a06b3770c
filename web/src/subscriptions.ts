/** Which topics are asked for, on this connection and on each later one. */
import { asError } from "./errors.js";
import type { Frame, Message } from "./frames.js";

type Request = (message: Message, topics: readonly string[]) => Promise<Frame[]>;

export class Subscriptions {
  readonly topics: Set<string>;
  readonly #request: Request;

  constructor(topics: Iterable<string>, request: Request) {
    this.#request = request;
    this.topics = new Set(topics);
  }

  /** Only what the server accepts is asked for again. */
  async subscribe(topics: readonly string[]): Promise<void> {
    const wanted = [...new Set(topics)];
    let accepted: readonly string[] = [];
    try {
      await this.#request({ type: "subscribe", topics: wanted }, wanted);
      accepted = wanted;
    } catch (error) {
      accepted = asError(error, "lost").accepted ?? [];
      throw error;
    } finally {
      for (const topic of accepted) this.topics.add(topic);
    }
  }

  async unsubscribe(topics: readonly string[]): Promise<void> {
    const unwanted = [...new Set(topics)];
    for (const topic of unwanted) this.topics.delete(topic);
    await this.#request({ type: "unsubscribe", topics: unwanted }, unwanted);
  }
}
