/** The inbox over HTTP, page by page. */
import type { Api, Counts, InboxPage } from "./api.js";
import type { Body } from "./fields.js";
import { type Entries, withFirstPage, withMarks, withPage } from "./inbox.js";

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
  #isBegun = false;
  /** Of each page that is being loaded. */
  readonly #marks = new Set<Body[]>();
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** What came last, again. */
  async newest(known: Entries): Promise<Loaded> {
    const [page, withMeanwhile] = await this.#load();
    const oldest = page.entries.at(-1);
    // What is known goes on behind it: the place from which there are older ones stays.
    if (!this.#isBegun || !known.some(({ id }) => id === oldest?.id)) this.#turn(page.nextCursor);
    this.#isBegun = true;
    const judged = page.nextCursor === null ? known : [];
    return {
      into: (entries) => withMeanwhile(withFirstPage(entries, page.entries, judged)),
      counts: page.counts,
    };
  }

  /** The next page that has something which is not `known`. */
  async older(known: Entries): Promise<Loaded> {
    const ids = new Set(known.map(({ id }) => id));
    for (;;) {
      const cursor = this.#cursor ?? undefined;
      const [page, withMeanwhile] = await this.#load(cursor);
      this.#turn(page.nextCursor);
      const isNew = page.entries.some(({ id }) => !ids.has(id));
      if (isNew || !this.hasMore || cursor === page.nextCursor) {
        return {
          into: (entries) => withMeanwhile(withPage(entries, page.entries)),
          counts: page.counts,
        };
      }
    }
  }

  /** A page that is being loaded may be older than that. */
  marked(frame: Body): void {
    for (const marks of this.#marks) marks.push(frame);
  }

  /** Some that were loaded are not kept: they are among the older ones again. */
  rewind(): void {
    this.#cursor = null;
    this.hasMore = true;
  }

  async #load(cursor?: string): Promise<[InboxPage, (entries: Entries) => Entries]> {
    const marks: Body[] = [];
    this.#marks.add(marks);
    const loading = this.#api.inbox({ limit: PAGE_SIZE, cursor });
    const page = await loading.finally(() => this.#marks.delete(marks));
    return [page, (entries) => marks.reduce(withMarks, entries)];
  }

  #turn(cursor: string | null): void {
    this.#cursor = cursor;
    this.hasMore = cursor !== null;
  }
}
