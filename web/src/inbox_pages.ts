/** The inbox over HTTP, page by page. */
import type { Api, Counts } from "./api.js";
import { type Entries, withFirstPage, withPage } from "./inbox.js";

const PAGE_SIZE = 50;

export interface Loaded {
  /** What was known and what is loaded, as one list. */
  readonly into: (entries: Entries) => Entries;
  readonly counts: Counts;
}

export class InboxPages {
  /** Whether there are older ones than those that were loaded. */
  hasMore = false;
  #cursor: string | null = null;
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** What came last, again. */
  async newest(known: Entries): Promise<Loaded> {
    const page = await this.#api.inbox({ limit: PAGE_SIZE });
    if (!this.#cursor) this.#turn(page.nextCursor);
    const judged = page.nextCursor === null ? known : [];
    return { into: (entries) => withFirstPage(entries, page.entries, judged), counts: page.counts };
  }

  /** The next page that has something which is not `known`. */
  async older(known: Entries): Promise<Loaded> {
    const ids = new Set(known.map(({ id }) => id));
    for (;;) {
      const cursor = this.#cursor ?? undefined;
      const page = await this.#api.inbox({ limit: PAGE_SIZE, cursor });
      this.#turn(page.nextCursor);
      const isNew = page.entries.some(({ id }) => !ids.has(id));
      if (isNew || !this.hasMore || cursor === page.nextCursor) {
        return { into: (entries) => withPage(entries, page.entries), counts: page.counts };
      }
    }
  }

  /** Some that were loaded are not kept: they are among the older ones again. */
  rewind(): void {
    this.#cursor = null;
    this.hasMore = true;
  }

  #turn(cursor: string | null): void {
    this.#cursor = cursor;
    this.hasMore = cursor !== null;
  }
}
