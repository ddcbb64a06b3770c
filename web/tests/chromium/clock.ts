/** A clock that only its owner moves. */

interface Timer {
  readonly due: number;
  readonly ms: number;
  readonly run: () => void;
}

export class ManualClock {
  #now = Date.now();
  #last = 0;
  readonly #timers = new Map<number, Timer>();

  /** Takes the place of the page's own; who has kept that one, as React has, goes on with it. */
  install(): void {
    Date.now = () => this.#now;
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms = 0) => {
        this.#timers.set(++this.#last, { due: this.#now + ms, ms, run });
        return this.#last;
      },
      clearTimeout: (timer: number) => void this.#timers.delete(timer),
    });
  }

  get pending(): number {
    return this.#timers.size;
  }

  /** What was set last of all that is still to come. */
  get newestMs(): number | null {
    return [...this.#timers.values()].at(-1)?.ms ?? null;
  }

  /** It is so much later, and what is due has happened. `settled`: once nothing else happens by itself. */
  async advance(ms: number, settled: () => Promise<void>): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (let next = this.#nextUntil(end); next; next = this.#nextUntil(end)) {
      const [id, { due, run }] = next;
      this.#timers.delete(id);
      this.#now = Math.max(this.#now, due);
      run();
      await settled();
    }
    this.#now = end;
  }

  #nextUntil(end: number): [number, Timer] | undefined {
    const due = [...this.#timers].filter(([, timer]) => timer.due <= end);
    return due.sort(([, one], [, other]) => one.due - other.due)[0];
  }
}
