/** What a client is made with, and what shows it. */
import type { HeliographError } from "./errors.js";
import type { Notification } from "./notifications.js";
import type { Gap } from "./position.js";

export interface ClientOptions {
  /** Where the HTTP API is, without its path: `https://api.example.com`. */
  readonly url: string;
  /** Asked on the first connect, on each reconnect, and when a token is refused or about to end. */
  readonly getToken?: () => string | Promise<string>;
  /** Instead of `getToken`, for a page that does not outlive its token. */
  readonly token?: string;
  readonly topics?: readonly string[];
  /** Where the WebSocket is, unless it is at `/api/v1/ws/realtime` of `url`. */
  readonly websocketUrl?: string;
  /** `subprotocol` keeps the token out of URLs, and so out of access logs. */
  readonly tokenIn?: "query" | "subprotocol";
  /** One connection for all tabs of an origin and a user (true), or one for each. */
  readonly shareTabs?: boolean;
  /** Whose tabs these are, unless the token is a JWT that says so. */
  readonly user?: string;
  /** How many messages may wait for a connection. */
  readonly queueLimit?: number;
  /** For places that have none, and for tests. */
  readonly WebSocket?: typeof WebSocket;
  readonly fetch?: typeof globalThis.fetch;
  readonly random?: () => number;
}

export interface StoreOptions extends ClientOptions {
  /** Begin with the inbox's first page (true), or with nothing. */
  readonly inbox?: boolean;
  /** How many notifications are kept. */
  readonly limit?: number;
  /** Topics to subscribe whose users are in `presence`. */
  readonly presenceTopics?: readonly string[];
  readonly onNotification?: (notification: Notification) => void;
  /** Something may be missing that cannot be had again. */
  readonly onGap?: (gap: Gap) => void;
  readonly onError?: (error: HeliographError) => void;
}
