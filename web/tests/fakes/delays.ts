/** Chance that can be had again, and what takes a moment. */

export interface Dice {
  readonly next: () => number;
  /** A number from 0 on, below `limit`. */
  readonly upTo: (limit: number) => number;
  readonly pick: <Each>(all: readonly Each[]) => Each | undefined;
}

/** Mulberry32. */
export function diceOf(seed: number): Dice {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const upTo = (limit: number) => Math.floor(next() * limit);
  return { next, upTo, pick: (all) => all[upTo(all.length)] };
}

/** Each some milliseconds later, and none before the one before it. */
export class Delays {
  #last = 0;

  constructor(
    readonly dice: Dice,
    readonly mostMs: number,
  ) {}

  run(what: () => void): void {
    this.#last = Math.max(this.#last, Date.now() + this.dice.upTo(this.mostMs));
    setTimeout(what, this.#last - Date.now());
  }
}
