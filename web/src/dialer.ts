/** Opening a connection: a token, a socket, and a welcome. */
import type { Arrivals } from "./arrivals.js";
import { Connection, type Listener } from "./connection.js";
import { asError, closedByOwner, type HeliographError } from "./errors.js";
import type { Frame } from "./frames.js";
import type { TokenSource } from "./tokens.js";
import { without } from "./topics.js";

export interface DialerOptions {
  readonly openSocket: (token: string) => WebSocket;
  readonly tokens: TokenSource;
}

export type Welcomed = readonly [connection: Connection, welcome: Frame];

export class Dialer {
  /** What the newest connection was opened with. */
  #token: string | null = null;
  #newest: Connection | null = null;
  #tries = 0;
  readonly #options: DialerOptions;
  readonly #arrivals: Arrivals;
  readonly #listener: Listener;

  constructor(options: DialerOptions, arrivals: Arrivals, listener: Listener) {
    this.#options = options;
    this.#arrivals = arrivals;
    this.#listener = listener;
  }

  /** A token that was asked for earlier may be old by now. */
  distrustToken(): void {
    this.#token = "";
  }

  /** The first asks for a token if there is none yet, each later one asks for another. */
  async dial(topics: Iterable<string>): Promise<Welcomed> {
    const { tokens, openSocket } = this.#options;
    this.#tries += 1;
    const number = this.#tries;
    const token = await (this.#token === null ? tokens.current() : tokens.renew());
    if (number !== this.#tries) throw closedByOwner();
    this.#token = token;
    const connection = new Connection(openSocket(token), this.#listener);
    this.#newest = connection;
    let asked = [...topics];
    const hello = () => ({
      ...{ type: "hello", protocol: 1, topics: asked },
      resume: this.#arrivals.resume(),
    });
    try {
      const welcome = await connection.hello(hello);
      while (String(asked) !== String([...topics])) {
        const before = asked;
        asked = [...topics];
        await this.#makeUp(connection, "subscribe", without(asked, before));
        await this.#makeUp(connection, "unsubscribe", without(before, asked));
      }
      return [connection, welcome];
    } catch (error) {
      connection.end(asError(error, "lost"));
      this.#arrivals.notWelcomed();
      throw error;
    }
  }

  /** What was taken or given back on the connection before, after the hello. That one is up until then. */
  async #makeUp(connection: Connection, type: string, topics: string[]): Promise<void> {
    if (!topics.length) return;
    await connection.request({ type, topics }, topics).catch((error) => {
      if (connection.ending) throw error;
      this.#listener.onError(error);
    });
  }

  /** Ends the last try, also if it is welcome by now. */
  hangUp(error: HeliographError): void {
    this.#tries += 1;
    this.#newest?.end(error);
  }

  /** Lets a connection outlive its token. If there is no new one, 4002 will follow. */
  async renewToken(connection: Connection | null): Promise<void> {
    const token = await this.#options.tokens.renew();
    if (token !== this.#token) await connection?.request({ type: "auth", token });
    this.#token = token;
  }
}
