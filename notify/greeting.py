"""The first exchange of a connection: hello, and where one has landed."""

from notify.entries import InboxCounts
from notify.errors import UnsupportedProtocol
from notify.frames import Frame, Welcome, error_frame
from notify.inbox import Inbox
from notify.messages import PROTOCOL, Hello
from notify.model import MAX_AGE_MS, Connection, Pattern, timestamp
from notify.subscribing import Subscribing

# API Gateway closes a connection that is idle for ten minutes. Pings are the bill: few as can be.
PING_INTERVAL_MS = 9 * 60 * 1000


class Greeting:
    """Welcomes a client and subscribes it to what it asks for."""

    def __init__(self, subscribing: Subscribing, inbox: Inbox) -> None:
        self._subscribing = subscribing
        self._inbox = inbox

    def hello(self, connection: Connection, hello: Hello, now: int) -> list[Frame]:
        if hello.protocol != PROTOCOL:
            raise UnsupportedProtocol(f"protocol {PROTOCOL} is spoken here")
        added, refused = self._subscribing.add_all(connection, hello.topics)
        return [
            _welcome(connection, added, hello, self._inbox.counts(connection.principal), now),
            *(error_frame(error, now, hello.id, topic) for topic, error in refused),
        ]


def _welcome(
    connection: Connection, added: list[Pattern], hello: Hello, counts: InboxCounts, now: int
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
        subscriptions=sorted({*connection.topics, *added}),
        # Streams cannot be resumed yet. Saying so is better than a silent gap.
        resume={
            stream: {"recovered": False, "replayed": 0, "has_more": False, "reason": "unsupported"}
            for stream in hello.resume
        },
        unread=counts.unread,
        unseen=counts.unseen,
        id=hello.id,
    )
