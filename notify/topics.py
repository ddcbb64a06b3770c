"""The grammar of topics, and who may subscribe and publish to them."""

import re
import zlib
from collections.abc import Iterable

from msgspec import Struct

from notify.errors import Invalid
from notify.model import Action, Pattern, Principal, Topic, Username

SEGMENT = re.compile(r"[A-Za-z0-9_.@-]{1,64}")
MAX_SEGMENTS = 5
MAX_BYTES = 256
MAX_SUBSCRIPTIONS = 100
PARTS = 64

EVERYBODY = Topic(Pattern("general"))
ANYTHING = Pattern("*")
EVERY_USER = Pattern("user:*")
# The roots whose topics name somebody: their members are decided by the token, not by asking.
RESERVED_ROOTS = frozenset({"user", "role", "tenant"})


def user_topic(username: Username) -> Topic:
    return Topic(Pattern(f"user:{username}"))


def owner(pattern: Pattern) -> Username | None:
    """Whose topic it is, or below whose it lies; None for everybody's."""
    return Username(pattern.split(":")[1]) if pattern.startswith("user:") else None


def is_user_topic(pattern: Pattern) -> bool:
    """Whether it is some user's own topic, and not one below it."""
    return pattern.startswith("user:") and pattern.count(":") == 1


def parse_segment(text: str, name: str) -> str:
    """`text`, if it can be a segment of a topic, as usernames, roles and tenants must.

    Raises: Invalid naming the field `name`.
    """
    if not SEGMENT.fullmatch(text):
        raise Invalid(f"{name}: 1 to 64 of the characters A-Z a-z 0-9 _ . @ -")
    return text


def parse_pattern(text: str, name: str = "topic") -> Pattern:
    """A topic, `segment(:segment){0,4}`; or one whose last segment is `*`, which stands for one or
    more segments; or `*` itself.

    Raises: Invalid naming the field `name`.
    """
    if text == ANYTHING:
        return ANYTHING
    segments = text.removesuffix(":*").split(":")
    if text.count(":") >= MAX_SEGMENTS or len(text) > MAX_BYTES:
        raise Invalid(
            f"{name}: at most {MAX_SEGMENTS} segments and {MAX_BYTES} bytes: {_clip(text)}"
        )
    if not all(SEGMENT.fullmatch(segment) for segment in segments):
        raise Invalid(
            f"{name}: each segment is 1 to 64 of the characters A-Z a-z 0-9 _ . @ -: {_clip(text)}"
        )
    return Pattern(text)


def _clip(text: str) -> str:
    return repr(text[:80])


def parse_topic(text: str, name: str = "topic") -> Topic:
    """One topic. Raises: Invalid naming the field `name`."""
    pattern = parse_pattern(text, name)
    if is_wildcard(pattern):
        raise Invalid(f"{name}: one topic, and no wildcard: {_clip(text)}")
    return Topic(pattern)


def is_wildcard(pattern: Pattern) -> bool:
    return pattern.endswith("*")


def covers(wide: Pattern, narrow: Pattern) -> bool:
    """Whether every topic that matches `narrow` matches `wide`."""
    if wide in (ANYTHING, narrow):
        return True
    return wide.endswith(":*") and narrow.startswith(wide[:-1]) and narrow != ANYTHING


def wildcards_over(pattern: Pattern) -> list[Pattern]:
    """The wildcard patterns that cover it: for `a:b:c` these are `a:b:*` and `a:*`."""
    segments = pattern.split(":")
    return [Pattern(":".join([*segments[:n], "*"])) for n in range(len(segments) - 1, 0, -1)]


def stream_of(pattern: Pattern) -> Pattern:
    """The stream that a broadcast to the pattern is stored in.

    Everybody has `general`, so what everybody shall have is stored there.
    """
    return EVERYBODY if pattern in (ANYTHING, EVERY_USER) else pattern


def feeds(stream: Pattern, pattern: Pattern) -> bool:
    """Whether what is stored in the stream is due to who is subscribed to the pattern."""
    return stream_of(stream) == stream and (covers(stream, pattern) or covers(pattern, stream))


def root(pattern: Pattern) -> str:
    """What the directory lists it under: its first segment, or for a user's topics `user#n`.

    A million users under one key would make one hot partition, and nobody who publishes needs
    their list: who wants to reach every user broadcasts to everybody.
    """
    first, _, rest = pattern.partition(":")
    name = rest.partition(":")[0]
    if first != "user" or not name:
        return first
    # Under `user:*` there is nobody: whoever listed what is below it would list every user.
    return EVERY_USER if name == "*" else user_root(spread(name, PARTS))


def user_root(part: int) -> str:
    return f"user#{part:02}"


def part_of(root: str) -> int:
    """The directory has PARTS parts of about the same size; each root lies in one."""
    first, _, part = root.partition("#")
    return int(part) if part else spread(first, PARTS)


def spread(text: str, over: int) -> int:
    """One of so many places, always the same for the same text."""
    return zlib.crc32(text.encode()) % over


def implicit_topics(principal: Principal) -> frozenset[Topic]:
    """The topics that a connection of the principal gets on connect and keeps."""
    topics = {EVERYBODY, user_topic(principal.username)}
    topics |= {Topic(Pattern(f"role:{role}")) for role in principal.roles}
    if principal.tenant is not None:
        topics.add(Topic(Pattern(f"tenant:{principal.tenant}")))
    return frozenset(topics)


class TopicPolicy(Struct, frozen=True):
    """Who may. `public` names the topics that any principal may subscribe to without a capability.

    Even `public=(ANYTHING,)` never opens another user's, role's or tenant's topic.
    """

    public: tuple[Pattern, ...] = (ANYTHING,)

    def may_subscribe(self, principal: Principal, pattern: Pattern) -> bool:
        if _has_cap(principal, pattern, Action.SUBSCRIBE):
            return True
        if any(covers(own, pattern) for own in _own(principal)):
            return True
        return not _is_reserved(pattern) and any(covers(wide, pattern) for wide in self.public)

    def may_read(self, principal: Principal, stream: Pattern) -> bool:
        """Whether they may read what is stored in the stream, subscribed to it or not."""
        if self.may_subscribe(principal, stream) or self.has_history(principal, stream):
            return True
        return any(feeds(stream, own) for own in implicit_topics(principal))

    def has_history(self, principal: Principal, stream: Pattern) -> bool:
        """Whether a capability says that they may read it."""
        return _has_cap(principal, stream, Action.HISTORY)

    def may_publish(self, principal: Principal, pattern: Pattern) -> bool:
        """Admins and services anywhere; everybody else where a capability says so."""
        if principal.has_role("admin", "service"):
            return True
        return _has_cap(principal, pattern, Action.PUBLISH)

    def may_see_presence(
        self, principal: Principal, topic: Topic, held: Iterable[Pattern] = ()
    ) -> bool:
        """Who is in a topic: admins and services, whoever it is about, whoever has a capability,
        and whoever is subscribed; `held` are the asker's subscriptions, looked at last.

        Everybody is subscribed to `general`, so that alone shows nobody who is online.
        """
        if principal.has_role("admin", "service") or _has_cap(principal, topic, Action.PRESENCE):
            return True
        if topic == EVERYBODY:
            return False
        return topic == user_topic(principal.username) or any(covers(own, topic) for own in held)


class WatchedTopics(Struct, frozen=True):
    """The topics whose subscribers are told who comes and who leaves.

    No setting makes `general` or a user's, role's or tenant's topic one of them.
    """

    patterns: tuple[Pattern, ...] = ()

    def __contains__(self, pattern: Pattern) -> bool:
        if is_wildcard(pattern) or pattern == EVERYBODY or _is_reserved(pattern):
            return False
        return any(covers(wide, pattern) for wide in self.patterns)


def _own(principal: Principal) -> Iterable[Pattern]:
    yield from implicit_topics(principal)
    yield Pattern(user_topic(principal.username) + ":*")


def _has_cap(principal: Principal, pattern: Pattern, action: Action) -> bool:
    return any(action in may and covers(wide, pattern) for wide, may in principal.caps.items())


def _is_reserved(pattern: Pattern) -> bool:
    return pattern == ANYTHING or pattern.split(":", 1)[0] in RESERVED_ROOTS
