/** What one client hears, made into what a page shows. */
import type { Counts } from "./api.js";
import { Backoff } from "./backoff.js";
import { HeliographClient } from "./client.js";
import { countsAfterArrival, countsAfterFrame, isBehind } from "./counts.js";
import { asError, type HeliographError, isTemporary } from "./errors.js";
import type { Body } from "./fields.js";
import type { Frame } from "./frames.js";
import { withArrival, withMarks, withPage } from "./inbox.js";
import { InboxPages, type Loaded } from "./inbox_pages.js";
import type { Notification } from "./notifications.js";
import type { StoreOptions } from "./options.js";
import type { Gap } from "./position.js";
import { Presence } from "./presence.js";
import { EMPTY, type Snapshot } from "./snapshot.js";
import type { Change } from "./states.js";

const DEFAULT_LIMIT = 500;
/** A `mark` takes so many. */
const MAX_IDS = 100;

/** It shows through `show` until it is closed, and nothing from then on. */
export class Feed {
  readonly client: HeliographClient;
  readonly #options: StoreOptions;
  readonly #show: (snapshot: Snapshot) => void;
  readonly #pages: InboxPages;
  readonly #presence = new Presence();
  #snapshot = EMPTY;
  #isClosed = false;
  #loading: Promise<void> | null = null;
  /** Whether the server may have what the list has not. */
  #isStale = true;
  readonly #backoff: Backoff;
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** Why it could not be read the last time. */
  #trouble = "";
  /** So often has the server said the counts. */
  #countsSaid = 0;

  constructor(options: StoreOptions, topics: Iterable<string>, show: (snapshot: Snapshot) => void) {
    this.#options = options;
    this.#show = show;
    this.#backoff = new Backoff(options.random ?? Math.random);
    this.client = new HeliographClient({ ...options, topics: [...topics] });
    this.#pages = new InboxPages(this.client.api);
    this.client.on("change", (change) => this.#hearChange(change));
    this.client.on("notification", (arrival) => this.#hearNotification(arrival));
    this.client.on("frame", (frame) => this.#hearFrame(frame));
    this.client.on("error", (error) => this.report(error));
    this.client.on("gap", (gap) => this.#hearGap(gap));
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.client.close();
  }

  showLast(lastNotification: Notification | null): void {
    this.#set({ lastNotification });
  }

  /** At once for who looks; taken back if the server does not take it. */
  async mark(ids: readonly string[], state: "read" | "archived"): Promise<void> {
    const before = this.#snapshot.notifications;
    let left = ids;
    this.#showMarks({ ids, state, at: new Date().toISOString() });
    try {
      for (; left.length; left = left.slice(MAX_IDS)) {
        await this.client.mark(left.slice(0, MAX_IDS), state);
      }
    } catch (error) {
      const unmarked = before.filter(({ id }) => left.includes(id));
      this.#set({ notifications: withPage(this.#snapshot.notifications, unmarked) });
      throw error;
    }
  }

  async markAllAsRead(): Promise<void> {
    const countsSaid = this.#countsSaid;
    const shown = this.#snapshot.notifications.map(({ id }) => id);
    this.#setCounts(await this.client.api.markAll("read"), countsSaid);
    this.#hearMarks({ ids: shown, state: "read", at: new Date().toISOString() });
  }

  loadMore(): Promise<void> {
    this.#loading ??= this.#load(this.#pages.older(this.#snapshot.notifications)).finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  report(error: HeliographError): void {
    if (this.#isClosed) return;
    this.#set({ connectionError: error.message });
    this.#options.onError?.(error);
  }

  #refresh(): void {
    if (this.#options.inbox === false) return;
    this.#load(this.#pages.newest(this.#snapshot.notifications)).then(
      () => this.#refreshed(),
      (error) => this.#notRefreshed(asError(error, "lost")),
    );
  }

  #refreshed(): void {
    this.#isStale = false;
    clearTimeout(this.#retry);
    this.#backoff.reset();
    if (this.#snapshot.connectionError === this.#trouble) this.#set({ connectionError: null });
  }

  /** Without a connection it is the next one that brings another try. */
  #notRefreshed(error: HeliographError): void {
    if (this.#isClosed) return;
    this.#isStale = true;
    this.#trouble = error.message;
    this.report(error);
    if (!isTemporary(error)) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(
      () => this.#snapshot.isConnected && this.#refresh(),
      Math.max(error.retryAfterMs ?? 0, this.#backoff.nextDelay()),
    );
  }

  async #load(loading: Promise<Loaded>): Promise<void> {
    const countsSaid = this.#countsSaid;
    const { into, counts } = await loading;
    this.#set({ notifications: into(this.#snapshot.notifications), hasMore: this.#pages.hasMore });
    this.#setCounts(counts, countsSaid);
  }

  #hearChange({ status, error }: Change): void {
    const isConnected = status === "connected";
    const connectionError = isConnected ? null : (error?.message ?? this.#snapshot.connectionError);
    this.#set({ status, isConnected, connectionError });
    if (status === "refused" && error) this.report(error);
    if (!isConnected) return;
    if (this.#isStale) this.#refresh();
    for (const topic of this.#options.presenceTopics ?? []) {
      this.client.presence(topic).catch((refused) => this.report(asError(refused, "lost")));
    }
  }

  #hearNotification(arrival: Notification): void {
    const { limit = DEFAULT_LIMIT, onNotification } = this.#options;
    const all = withArrival(this.#snapshot.notifications, arrival);
    if (all.length > limit) this.#pages.rewind();
    const { hasMore } = this.#pages;
    this.#set({ notifications: all.slice(0, limit), lastNotification: arrival, hasMore });
    this.#setCounts(countsAfterArrival(this.#counts, arrival));
    onNotification?.(arrival);
  }

  #hearFrame(frame: Frame): void {
    const counts = this.#counts;
    const isWelcomeBack = frame.type === "welcome" && !this.#isStale;
    if (frame.type === "notification_updated") this.#hearMarks(frame);
    this.#set({ presence: this.#presence.after(this.#snapshot.presence, frame) });
    this.#setCounts(countsAfterFrame(counts, frame));
    if (isWelcomeBack && isBehind(counts, frame)) this.#refresh();
  }

  #hearGap(gap: Gap): void {
    this.#options.onGap?.(gap);
    this.#refresh();
  }

  #hearMarks(frame: Body): void {
    this.#pages.marked(frame);
    this.#showMarks(frame);
  }

  #showMarks(frame: Body): void {
    this.#set({ notifications: withMarks(this.#snapshot.notifications, frame) });
  }

  get #counts(): Counts {
    return { unread: this.#snapshot.unreadCount, unseen: this.#snapshot.unseenCount };
  }

  /** What was said since it was asked for is newer. */
  #setCounts({ unread, unseen }: Counts, countsSaid = this.#countsSaid): void {
    const { unreadCount, unseenCount } = this.#snapshot;
    const isNew = unread !== unreadCount || unseen !== unseenCount;
    if (!isNew || countsSaid !== this.#countsSaid) return;
    this.#countsSaid += 1;
    this.#set({ unreadCount: unread, unseenCount: unseen });
  }

  #set(change: Partial<Snapshot>): void {
    const keys = Object.keys(change) as (keyof Snapshot)[];
    if (this.#isClosed || keys.every((key) => this.#snapshot[key] === change[key])) return;
    this.#snapshot = { ...this.#snapshot, ...change };
    this.#show(this.#snapshot);
  }
}
