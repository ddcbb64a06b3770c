/** Which tab wants which topics. */
import { asError } from "./errors.js";
import { isImplicit, overlaps, without } from "./topics.js";

export class WantedTopics {
  readonly #tabs = new Map<string, Set<string>>();

  add(tab: string, topics: Iterable<string>): void {
    const wanted = this.#tabs.get(tab) ?? new Set();
    for (const topic of topics) wanted.add(topic);
    this.#tabs.set(tab, wanted);
  }

  /** They count at once, as another tab may give them back meanwhile; once refused, as before. */
  async whileAsked(tab: string, topics: readonly string[], asked: Promise<unknown>): Promise<void> {
    const added = without(topics, this.of(tab));
    this.add(tab, topics);
    try {
      await asked;
    } catch (error) {
      this.remove(tab, without(added, asError(error, "lost").accepted ?? []));
      throw error;
    }
  }

  /** What nobody wants any more, of `topics` or of all that the tab wanted. */
  remove(tab: string, topics: readonly string[] = this.of(tab)): string[] {
    for (const topic of topics) this.#tabs.get(tab)?.delete(topic);
    return this.unwanted(topics);
  }

  of(tab: string): string[] {
    return [...(this.#tabs.get(tab) ?? [])];
  }

  unwanted(topics: Iterable<string>): string[] {
    return without(
      topics,
      [...this.#tabs.values()].flatMap((each) => [...each]),
    );
  }
}

/** Whether a tab that wants its `own` topics is to hear of `topic`, or another of `all` wanted it. */
export function isDue(topic: string, own: Iterable<string>, all: Iterable<string>): boolean {
  const isUnder = (wanted: string) => overlaps(wanted, topic);
  return isImplicit(topic) || [...own].some(isUnder) || ![...all].some(isUnder);
}
