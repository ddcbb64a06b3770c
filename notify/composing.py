"""From what a caller asks for to a frame that may be published."""

from collections.abc import Callable

from notify.errors import Forbidden, PayloadTooLarge
from notify.frames import MAX_NOTIFICATION_BYTES, NotificationFrame, Sender, encode
from notify.model import Pattern, Principal, timestamp
from notify.ports import Clock
from notify.requests import Content
from notify.topics import TopicPolicy


class Composer:
    """Makes frames, and refuses what must not be published.

    `correlation_id` says what request is being served, if any.
    """

    def __init__(
        self, policy: TopicPolicy, clock: Clock, correlation_id: Callable[[], str | None]
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._correlation_id = correlation_id

    def compose(
        self,
        by: Principal,
        content: Content,
        stream: Pattern,
        pattern: Pattern | None = None,
        correlation_id: str | None = None,
    ) -> NotificationFrame:
        """A frame of that stream, without an id or a number. `pattern`: whom it is addressed to,
        where that is not the stream's own topic. `correlation_id`: of the request that asked for
        it, where that is not the one being served.

        Raises: Forbidden, PayloadTooLarge.
        """
        self._require_publish(by, pattern or stream)
        now = self._clock()
        frame = NotificationFrame(
            id="",
            notification_type=content.notification_type,
            title=content.title,
            message=content.message,
            priority=content.priority,
            data=content.data,
            sender=Sender(by.username, sorted(by.roles)),
            timestamp=timestamp(now),
            stream=stream,
            topic=stream,
            epoch=None,
            seq=None,
            expires_at=timestamp(now + content.ttl_seconds * 1000),
            correlation_id=correlation_id or self._correlation_id(),
            collapse_key=content.collapse_key,
        )
        _require_size(frame)
        return frame

    def _require_publish(self, by: Principal, pattern: Pattern) -> None:
        if not self._policy.may_publish(by, pattern):
            raise Forbidden(f"not allowed to publish to {pattern}")


def _require_size(frame: NotificationFrame) -> None:
    size = len(encode(frame))
    if size > MAX_NOTIFICATION_BYTES:
        raise PayloadTooLarge(
            f"the notification is {size} bytes; at most {MAX_NOTIFICATION_BYTES} are carried"
        )
