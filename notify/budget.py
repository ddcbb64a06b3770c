"""What of a call's time its pushes may take; the rest of them is the queue's."""

from msgspec import Struct

# A post to a peer that has vanished takes up to 6 s, and a user may have some devices; the call
# has 29 seconds, from which the writes in front of the posts have taken theirs.
POSTING_MS = 10_000
# The counts of an inbox may take a read of a thousand rows for each of a user's streams.
MAX_COUNTED_USERS = 10


class Budget(Struct, frozen=True):
    """`posts_until` (ms): what is not posted by then goes to the queue. `has_counts`: whether
    frames carry the counts of their receivers' inboxes."""

    posts_until: int
    has_counts: bool


def new_budget(now: int, users: int, tried_at: int | None) -> Budget:
    """Of a call that begins now and addresses so many users. Where it has been `tried_at` before
    and died, it may have died of its posts: now none is made in the call."""
    posts_until = now + POSTING_MS if tried_at is None else 0
    return Budget(posts_until, users <= MAX_COUNTED_USERS)
