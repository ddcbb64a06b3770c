/** The inbox: newest first, what is unread in bold. */
import { useId } from "react";
import type { WebSocketNotifications } from "../src/react.js";
import { InboxEntry } from "./inbox_entry.js";

type Props = Pick<
  WebSocketNotifications,
  | "notifications"
  | "unreadCount"
  | "hasMore"
  | "isConnected"
  | "markAsRead"
  | "markAllAsRead"
  | "archive"
  | "loadMore"
> & {
  readonly user: string;
  /** Ids of those that were missed first. */
  readonly late: readonly string[];
};

export function Inbox(props: Props) {
  const { user, notifications, unreadCount, hasMore, isConnected } = props;
  const title = useId();
  return (
    <section className="part" aria-labelledby={title}>
      <div className="row spread inbox-title">
        <h3 id={title}>
          Inbox{" "}
          {unreadCount > 0 && (
            <span className="badge">
              {unreadCount} <span className="unseen">unread</span>
            </span>
          )}
        </h3>
        <button
          type="button"
          className="quiet"
          disabled={unreadCount === 0 || !isConnected}
          onClick={() => ignore(props.markAllAsRead())}
        >
          Mark all as read
        </button>
      </div>
      {notifications.length > 0 ? (
        <ul className="entries" aria-labelledby={title}>
          {notifications.map((each) => (
            <InboxEntry
              key={each.id}
              notification={each}
              isLate={props.late.includes(each.id)}
              onRead={() => ignore(props.markAsRead(each.id))}
              onArchive={() => ignore(props.archive(each.id))}
            />
          ))}
        </ul>
      ) : (
        <p className="empty">Nothing yet. What is sent to {user} appears here.</p>
      )}
      {hasMore && (
        <button type="button" onClick={() => ignore(props.loadMore())}>
          Older ones
        </button>
      )}
    </section>
  );
}

/** The hook shows it in `connectionError`. */
function ignore(asked: Promise<void>): void {
  asked.catch(() => {});
}
