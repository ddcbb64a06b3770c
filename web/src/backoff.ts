/** How long to wait before the next try: exponential, with full jitter. */

const FIRST_CEILING_MS = 1_000;
const LAST_CEILING_MS = 60_000;

/**
 * Delays in milliseconds, each drawn evenly between 0 and a ceiling that doubles from a second to a minute.
 *
 * Full jitter spreads a crowd that lost its connections in one moment; see "Exponential Backoff And
 * Jitter" on the AWS Architecture Blog. `random` draws from [0, 1).
 */
export class Backoff {
  #ceiling = FIRST_CEILING_MS;
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  nextDelay(): number {
    const delay = this.#random() * this.#ceiling;
    this.#ceiling = Math.min(LAST_CEILING_MS, this.#ceiling * 2);
    return delay;
  }

  reset(): void {
    this.#ceiling = FIRST_CEILING_MS;
  }
}
