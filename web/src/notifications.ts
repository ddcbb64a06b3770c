/** What a principal receives, as it is on the wire. */
import { type Body, mapping, number, text, texts } from "./fields.js";

export type Priority = "low" | "normal" | "high" | "urgent";

/** `epoch` and `seq` are its place in `stream`, and null if it was not stored. */
export interface Notification {
  readonly id: string;
  readonly notification_type: string;
  readonly title: string;
  readonly message: string;
  readonly priority: Priority;
  readonly data: Readonly<Record<string, unknown>>;
  readonly sender: { readonly id: string; readonly roles: readonly string[] };
  readonly timestamp: string;
  readonly stream: string;
  readonly topic: string;
  readonly epoch: string | null;
  readonly seq: number | null;
  readonly expires_at: string | null;
  readonly collapse_key: string | null;
  /** Where the inbox stands with it; null where the server did not say. */
  readonly unread: number | null;
  readonly unseen: number | null;
  readonly replay: boolean;
  /** Set in an inbox alone. */
  readonly seen_at: string | null;
  readonly read_at: string | null;
  readonly archived_at: string | null;
}

/** Null without an id: a second delivery could not be told from a first. */
export function readNotification(body: Body): Notification | null {
  const id = text(body, "id");
  const sender = mapping(body, "sender");
  const topic = text(body, "topic");
  return id
    ? {
        id,
        notification_type: text(body, "notification_type"),
        title: text(body, "title"),
        message: text(body, "message"),
        priority: (text(body, "priority") || "normal") as Priority,
        data: mapping(body, "data"),
        sender: { id: text(sender, "id"), roles: texts(sender, "roles") },
        timestamp: text(body, "timestamp"),
        stream: text(body, "stream") || topic,
        topic,
        epoch: text(body, "epoch") || null,
        seq: number(body, "seq"),
        expires_at: text(body, "expires_at") || null,
        collapse_key: text(body, "collapse_key") || null,
        unread: number(body, "unread"),
        unseen: number(body, "unseen"),
        replay: body["replay"] === true,
        seen_at: text(body, "seen_at") || null,
        read_at: text(body, "read_at") || null,
        archived_at: text(body, "archived_at") || null,
      }
    : null;
}
