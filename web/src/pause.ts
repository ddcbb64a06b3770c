/** A wait that can be cut short, and leaves no timer behind. */
export class Pause {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #resolve: (() => void) | undefined;

  /** One wait at a time. Resolves after so long, or when it is ended. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#timer = setTimeout(() => this.end(), ms);
    });
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#resolve?.();
  }
}
