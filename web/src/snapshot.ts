/** What a page shows of notifications. */
import type { Notification } from "./notifications.js";
import type { PresenceByTopic } from "./presence.js";
import type { Status } from "./states.js";

export interface Snapshot {
  readonly status: Status;
  readonly isConnected: boolean;
  /** Why there is no connection, or what the server refused last. */
  readonly connectionError: string | null;
  /** Newest first. */
  readonly notifications: readonly Notification[];
  readonly lastNotification: Notification | null;
  readonly unreadCount: number;
  readonly unseenCount: number;
  /** Whether `loadMore` would bring older ones. */
  readonly hasMore: boolean;
  readonly presence: PresenceByTopic;
}

export const EMPTY: Snapshot = {
  status: "idle",
  isConnected: false,
  connectionError: null,
  notifications: [],
  lastNotification: null,
  unreadCount: 0,
  unseenCount: 0,
  hasMore: false,
  presence: {},
};
