"""Why what follows a position cannot be served without a gap: a closed set."""

from enum import StrEnum


class Reason(StrEnum):
    """Each is also what a client is told; none ever changes its meaning."""

    NO_POSITION = "no_position"
    EPOCH_CHANGED = "epoch_changed"
    POSITION_AHEAD = "position_ahead"
    EXPIRED = "expired"
    TOO_MANY_TOPICS = "too_many_topics"
    FORBIDDEN = "forbidden"
    NOT_SUBSCRIBED = "not_subscribed"
    INVALID = "invalid"


TEXTS = {
    Reason.NO_POSITION: "no position in it was given",
    Reason.EPOCH_CHANGED: "the stream is numbered anew",
    Reason.POSITION_AHEAD: "the stream has not come so far",
    Reason.EXPIRED: "some of what follows is gone",
    Reason.TOO_MANY_TOPICS: "too many topics match",
    Reason.FORBIDDEN: "not allowed",
    Reason.NOT_SUBSCRIBED: "no subscription of this connection is fed by it",
    Reason.INVALID: "not a position in a stream",
}
