/** Messages that wait for a connection: so many and no more, and none is dropped unsaid. */
import { HeliographError } from "./errors.js";
import type { Message } from "./frames.js";

interface Waiting {
  readonly message: Message;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class Outbox {
  readonly #waiting: Waiting[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves once it is on a socket. Throws `queue_full`, or why there will be no connection. */
  put(message: Message): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length < this.#limit) this.#waiting.push({ message, resolve, reject });
      else reject(new HeliographError("queue_full", `${this.#limit} messages wait to be sent`));
    });
  }

  /** One that cannot be sent costs no other. */
  flush(send: (message: Message) => void): void {
    for (const { message, resolve, reject } of this.#waiting.splice(0)) {
      try {
        send(message);
        resolve();
      } catch (error) {
        reject(error);
      }
    }
  }

  fail(error: HeliographError): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
