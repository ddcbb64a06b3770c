/** The connection of the moment, and who waits for one. */
import type { Connection } from "./connection.js";
import type { HeliographError } from "./errors.js";
import type { Frame, Message } from "./frames.js";
import { Outbox } from "./outbox.js";

interface Waiter {
  readonly resolve: (connection: Connection) => void;
  readonly reject: (error: HeliographError) => void;
}

export class CurrentConnection {
  #connection: Connection | null = null;
  #waiters: Waiter[] = [];
  #over: HeliographError | null = null;
  readonly #outbox: Outbox;

  constructor(queueLimit: number) {
    this.#outbox = new Outbox(queueLimit);
  }

  get(): Connection | null {
    return this.#connection;
  }

  /** Takes the place of the one before, whose questions are asked again. */
  set(connection: Connection): void {
    this.#connection = connection;
    for (const { resolve } of this.#waiters.splice(0)) resolve(connection);
    if (!connection.ending) this.#outbox.flush((message) => connection.send(message));
  }

  lose(): void {
    this.#connection = null;
  }

  /** There may be one again. */
  expect(): void {
    this.#over = null;
  }

  /** There will be none, and why. */
  end(error: HeliographError): void {
    this.#over = error;
    this.#connection?.end(error);
    this.#outbox.fail(error);
    for (const { reject } of this.#waiters.splice(0)) reject(error);
  }

  async request(message: Message, topics: readonly string[]): Promise<Frame[]> {
    for (;;) {
      const connection = this.#connection ?? (await this.#next());
      try {
        return await connection.request(message, topics);
      } catch (error) {
        if (error !== connection.ending) throw error;
        if (this.#connection === connection) this.#connection = null;
      }
    }
  }

  async send(message: Message): Promise<void> {
    if (this.#over) throw this.#over;
    if (this.#connection && !this.#connection.ending) this.#connection.send(message);
    else await this.#outbox.put(message);
  }

  #next(): Promise<Connection> {
    return new Promise((resolve, reject) => {
      if (this.#over) reject(this.#over);
      else this.#waiters.push({ resolve, reject });
    });
  }
}
