"""The first exchange of a connection: hello, and where one has landed."""

from msgspec.structs import replace

from notify.entries import InboxCounts
from notify.errors import Unavailable, UnsupportedProtocol
from notify.frames import Frame, Resumed, Welcome, error_frame
from notify.inbox import Inbox
from notify.messages import PROTOCOL, Hello
from notify.model import MAX_AGE_MS, Connection, Principal, timestamp
from notify.resuming import Resuming
from notify.subscribing import Subscribing

# API Gateway closes a connection that is idle for ten minutes. Pings are the bill: few as can be.
PING_INTERVAL_MS = 9 * 60 * 1000


class Greeting:
    """Welcomes a client, subscribes it to what it asks for, and replays what it has missed."""

    def __init__(self, subscribing: Subscribing, resuming: Resuming, inbox: Inbox) -> None:
        self._subscribing = subscribing
        self._resuming = resuming
        self._inbox = inbox

    def hello(self, connection: Connection, hello: Hello, now: int) -> list[Frame]:
        if hello.protocol != PROTOCOL:
            raise UnsupportedProtocol(f"protocol {PROTOCOL} is spoken here")
        added, refused = self._subscribing.add_all(connection, hello.topics)
        connection = replace(connection, topics=connection.topics | set(added))
        # Behind the subscriptions: whatever is stored in between is found, or pushed, or both.
        resumption = self._resuming.resume(connection, connection.topics, hello.resume, now)
        return [
            _welcome(
                connection,
                resumption.streams,
                hello,
                self._counts(connection.principal),
                now,
            ),
            *(error_frame(error, now, hello.id, topic) for topic, error in refused),
            *resumption.frames,
        ]

    def _counts(self, principal: Principal) -> InboxCounts | None:
        """None where they cannot be had: nobody is kept out for a number."""
        try:
            return self._inbox.counts(principal)
        except Unavailable:
            return None


def _welcome(
    connection: Connection,
    streams: dict[str, Resumed],
    hello: Hello,
    counts: InboxCounts | None,
    now: int,
) -> Welcome:
    principal = connection.principal
    return Welcome(
        connection_id=connection.id,
        user_id=principal.username,
        roles=sorted(principal.roles),
        server_time=timestamp(now),
        ping_interval_ms=PING_INTERVAL_MS,
        max_age_ms=max(0, connection.connected_at + MAX_AGE_MS - now),
        token_expires_at=timestamp(principal.token_expires_at),
        subscriptions=sorted(connection.topics),
        resume=streams,
        unread=counts.unread if counts else None,
        unseen=counts.unseen if counts else None,
        id=hello.id,
    )
