/** Everything that a page shows of notifications, in one object that changes as a whole. */
import { asError, HeliographError } from "./errors.js";
import { Feed } from "./feed.js";
import type { Message } from "./frames.js";
import type { Notification } from "./notifications.js";
import type { StoreOptions } from "./options.js";
import { EMPTY, type Snapshot } from "./snapshot.js";

type Ids = string | readonly string[];

/** Every function may be passed around on its own. */
export class NotificationStore {
  readonly #listeners = new Set<() => void>();
  readonly #patterns = new Set<string>();
  #topics: readonly string[] = [];
  #presenceTopics: readonly string[] = [];
  #snapshot = EMPTY;
  #feed: Feed | null = null;

  /** Returns how to stop listening. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  readonly getSnapshot = (): Snapshot => this.#snapshot;

  start(options: StoreOptions): void {
    this.stop();
    const { topics = [], presenceTopics = [] } = options;
    this.#topics = topics;
    this.#presenceTopics = presenceTopics;
    const all = new Set([...topics, ...presenceTopics, ...this.#patterns]);
    this.#feed = new Feed(options, all, (snapshot) => this.#show(snapshot));
    this.#feed.client.open();
  }

  /** Forgets everything: whoever comes next may be somebody else. */
  stop(): void {
    if (!this.#feed) return;
    this.#feed.close();
    this.#feed = null;
    this.#show(EMPTY);
  }

  /** Other topics than at the start, beside those of `subscribePattern` and `presenceTopics`. */
  changeTopics(topics: readonly string[]): void {
    const before = this.#topics;
    if (!this.#feed) return;
    this.#topics = topics;
    const added = topics.filter((topic) => !before.includes(topic));
    const kept = new Set([...topics, ...this.#presenceTopics, ...this.#patterns]);
    const removed = before.filter((topic) => !kept.has(topic));
    if (added.length) this.#asked(({ client }) => client.subscribe(...added));
    if (removed.length) this.#asked(({ client }) => client.unsubscribe(...removed));
  }

  readonly sendMessage = (message: Message): Promise<void> =>
    this.#asked(({ client }) => client.send(message));

  /** Before the start, it is subscribed with the start. */
  readonly subscribePattern = (pattern: string): Promise<void> => {
    this.#patterns.add(pattern);
    const subscribe = ({ client }: Feed) =>
      client.subscribe(pattern).catch((error) => {
        if (error.kind === "request_refused") this.#patterns.delete(pattern);
        throw error;
      });
    return this.#feed ? this.#asked(subscribe) : Promise.resolve();
  };

  readonly unsubscribePattern = (pattern: string): Promise<void> => {
    this.#patterns.delete(pattern);
    const unsubscribe = ({ client }: Feed) => client.unsubscribe(pattern);
    return this.#feed ? this.#asked(unsubscribe) : Promise.resolve();
  };

  readonly setLastNotification = (notification: Notification | null): void =>
    this.#feed?.showLast(notification);

  readonly markAsRead = (ids: Ids): Promise<void> =>
    this.#asked((feed) => feed.mark([ids].flat(), "read"));

  readonly archive = (ids: Ids): Promise<void> =>
    this.#asked((feed) => feed.mark([ids].flat(), "archived"));

  readonly markAllAsRead = (): Promise<void> => this.#asked((feed) => feed.markAllAsRead());

  readonly loadMore = (): Promise<void> => this.#asked((feed) => feed.loadMore());

  readonly reconnect = (): void => this.#feed?.client.reconnect();

  /** Refusals are shown; who does not wait for the answer need not catch them as well. */
  #asked(ask: (feed: Feed) => Promise<void>): Promise<void> {
    const feed = this.#feed;
    const asked = feed
      ? ask(feed)
      : Promise.reject(new HeliographError("closed", "it is not open"));
    asked.catch((error) => feed?.report(asError(error, "lost")));
    return asked;
  }

  #show(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    for (const listener of this.#listeners) listener();
  }
}
