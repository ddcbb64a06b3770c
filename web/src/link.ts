/** What a client needs of whatever carries its messages: a line of its own, or one for all tabs. */
import type { HeliographError } from "./errors.js";
import type { Frame, Message } from "./frames.js";
import type { Notification } from "./notifications.js";
import type { Gap } from "./position.js";
import type { Change } from "./states.js";

/** What is heard over it. */
export interface LinkEvents {
  change: Change;
  notification: Notification;
  /** Any other frame of the server, the welcome and answers among them. */
  frame: Frame;
  /** What the server would not do, though no call asked for it. */
  error: HeliographError;
  gap: Gap;
}

export type Emit = <Name extends keyof LinkEvents>(name: Name, value: LinkEvents[Name]) => void;

export interface Link {
  /** What is asked for on each connect, beside what the server subscribes on its own. */
  readonly topics: Iterable<string>;
  open(): void;
  close(): void;
  /** Try now, also if it has been refused. */
  reconnect(): void;
  /** Somebody looks: is the connection still there, or could there be one by now? */
  probe(): void;
  /** Throws `request_refused`, whose `accepted` topics are subscribed all the same. */
  subscribe(topics: readonly string[]): Promise<void>;
  unsubscribe(topics: readonly string[]): Promise<void>;
  /** Asks the present connection; should it end meanwhile, the next one. */
  request(message: Message, topics?: readonly string[]): Promise<Frame[]>;
  /** Resolves once the message is on a socket. */
  send(message: Message): Promise<void>;
}
