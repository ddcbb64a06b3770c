/** Where a tab is in each stream: as far as it has heard, whoever has led meanwhile (sans-I/O). */
import type { Line } from "./line.js";
import type { Standing } from "./tab_messages.js";

export function standingOf(line: Line): Standing {
  return { topics: [...line.topics], positions: line.reached };
}

export class Whereabouts {
  #known: Standing | null = null;
  /** Whether the leader has begun where we were. Until then it may be ahead of what we have heard. */
  #isCovered = false;

  /** Null until anybody has said. */
  get known(): Standing | null {
    return this.#known;
  }

  get topics(): readonly string[] {
    return this.#known?.topics ?? [];
  }

  /** Another tab leads, or will. */
  uncover(): void {
    this.#isCovered = false;
  }

  /** `isOurs`: from now on it is ours as well. */
  hear(standing: Standing, isOurs: boolean): void {
    this.#isCovered ||= isOurs;
    const ours = this.#isCovered ? {} : this.#known?.positions;
    this.#known = { ...standing, positions: { ...standing.positions, ...ours } };
  }
}
