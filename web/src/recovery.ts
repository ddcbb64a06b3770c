/** What to do about a lost connection: try again and when, or give up (protocol §3, sans-I/O). */
import { Backoff } from "./backoff.js";
import { type HeliographError, isTemporary } from "./errors.js";

/** A connection that lived so long was a good one: what follows is a new trouble, not the old one. */
const STABLE_MS = 30_000;
/** A new token may help against these. 4003 is not among them: somebody took the login away. */
const TOKEN_CODES = [4001, 4002];

/** Remembers how the last tries went, and decides on the next. `renewable`: a new token can be had. */
export class Recovery {
  readonly #backoff: Backoff;
  #mayRenew: boolean;
  #mayHurry = true;
  readonly #renewable: boolean;

  constructor(random: () => number, renewable: boolean) {
    this.#renewable = renewable;
    this.#backoff = new Backoff(random);
    this.#mayRenew = renewable;
  }

  reset(): void {
    this.#backoff.reset();
    this.#mayRenew = this.#renewable;
    this.#mayHurry = true;
  }

  /** Milliseconds until the next try, null if there is to be none. `livedMs`: 0 if it never was up. */
  delayAfter(error: HeliographError, livedMs: number): number | null {
    if (livedMs >= STABLE_MS) this.reset();
    const after = error.retryAfterMs ?? 0;
    if (error.kind !== "refused") {
      return isTemporary(error) ? Math.max(this.#backoff.nextDelay(), after) : null;
    }
    if (error.reconnect === false) return null;
    const code = error.code ?? 0;
    if (TOKEN_CODES.includes(code) && this.#mayRenew) {
      this.#mayRenew = false;
      return 0;
    }
    if (code < 4100 || code >= 4300) return null;
    // A rollover. A server that rolls over in a row is in trouble: not at once.
    if (code >= 4200 && this.#mayHurry) {
      this.#mayHurry = false;
      return after;
    }
    return after + this.#backoff.nextDelay();
  }
}
