/** Of all tabs one leads: the one that holds a lock. */

export class Candidacy {
  #standing: AbortController | null = null;
  /** Leads no more. */
  giveBack = () => {};
  readonly #locks: LockManager;
  readonly #name: string;
  readonly #lead: () => void;

  constructor(locks: LockManager, name: string, lead: () => void) {
    this.#locks = locks;
    this.#name = name;
    this.#lead = lead;
  }

  /** Leads once nobody before it does. */
  stand(): void {
    if (this.#standing) return;
    this.giveBack();
    this.#standing = new AbortController();
    const { signal } = this.#standing;
    const granted = async () => {
      if (signal.aborted) return;
      const done = new Promise<void>((resolve) => {
        this.giveBack = resolve;
      });
      this.#lead();
      await done;
    };
    this.#locks.request(this.#name, { signal }, granted).catch(() => {
      // Some browsers have locks that they give to nobody: then each tab is on its own.
      if (!signal.aborted) this.#lead();
    });
  }

  /** Stands no longer. A lock that it has it keeps: nobody leads until it is given back. */
  rest(): void {
    this.#standing?.abort();
    this.#standing = null;
  }
}
