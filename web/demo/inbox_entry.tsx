/** One notification of the list. A click marks it as read. */
import type { Notification } from "../src/index.js";
import { isImplicit } from "../src/topics.js";
import { ICONS } from "./icons.js";

interface Props {
  readonly notification: Notification;
  readonly isLate: boolean;
  readonly onRead: () => void;
  readonly onArchive: () => void;
}

const TIME = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

export function InboxEntry({ notification, isLate, onRead, onArchive }: Props) {
  const { title, message, read_at, stream } = notification;
  // What comes from a topic that one has subscribed is in no inbox, and cannot be marked.
  const isKept = isImplicit(stream);
  const isUnread = isKept && !read_at;
  const text = (
    <>
      <span className="entry-title">
        {isUnread && <span className="unseen">Unread: </span>}
        {title}
      </span>
      {message && <span className="entry-message">{message}</span>}
      <Origin notification={notification} isLate={isLate} />
    </>
  );
  return (
    <li className={isUnread ? "entry unread" : "entry"}>
      {isKept ? (
        // Also once it is read: who came by keyboard stays where they are.
        <button
          type="button"
          className="entry-text"
          aria-disabled={!isUnread}
          title={isUnread ? "Mark as read" : undefined}
          onClick={() => isUnread && onRead()}
        >
          {text}
        </button>
      ) : (
        <div className="entry-text">{text}</div>
      )}
      {isKept && (
        <button
          type="button"
          className="quiet square"
          title="Archive"
          aria-label={`Archive ${title}`}
          onClick={onArchive}
        >
          {ICONS.archive}
        </button>
      )}
    </li>
  );
}

function Origin({ notification, isLate }: Pick<Props, "notification" | "isLate">) {
  const { priority, sender, seq, timestamp, topic } = notification;
  return (
    <span className="origin">
      <time dateTime={timestamp}>{TIME.format(new Date(timestamp))}</time>
      <span>from {sender.id}</span>
      <span>
        {topic}
        {seq !== null && ` · ${seq}`}
      </span>
      {priority !== "normal" && <span className={`tag ${priority}`}>{priority}</span>}
      {isLate && <span className="tag">was missed, came later</span>}
    </span>
  );
}
