"""What is promised of everything published: a model that is too simple to be wrong."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from notify.entries import inbox_streams
from notify.marks import State
from notify.model import Pattern, Principal
from notify.topics import ANYTHING, EVERYBODY, covers, stream_of


@dataclass
class Device:
    """Somebody's end of a connection. `ever`: what it was subscribed to at any time."""

    id: str
    principal: Principal
    topics: set[str]
    ever: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.ever |= self.topics

    def subscribe(self, topic: str) -> None:
        self.topics.add(topic)
        self.ever.add(topic)

    def hears(self, pattern: str) -> bool:
        return any(meets(topic, pattern) for topic in self.topics)


@dataclass(frozen=True)
class Addressed:
    """Whom something is for: `users` by name, else the subscribers of a pattern but `excluded`."""

    users: frozenset[str] = frozenset()
    pattern: str | None = None
    excluded: frozenset[str] = frozenset()

    def is_due_to(self, device: Device) -> bool:
        """Now."""
        name = device.principal.username
        if self.pattern is None:
            return name in self.users
        return device.hears(self.pattern) and name not in self.excluded

    def may_reach(self, device: Device) -> bool:
        """It may have come before the device gave the topic back."""
        name = device.principal.username
        if self.pattern is None:
            return name in self.users
        heard = any(meets(topic, self.pattern) for topic in device.ever)
        return heard and name not in self.excluded

    def is_in_the_inbox_of(self, principal: Principal) -> bool:
        if self.pattern is None:
            return principal.username in self.users
        is_fed = stream_of(Pattern(self.pattern)) in inbox_streams(principal)
        return is_fed and principal.username not in self.excluded


@dataclass(frozen=True)
class Published:
    """What was asked for. `due`: the devices that it was for when it was asked."""

    id: str
    to: Addressed
    due: frozenset[str]


@dataclass
class Promised:
    """Everything published, and what each user has marked."""

    published: list[Published] = field(default_factory=list)
    marks: dict[str, dict[str, set[str]]] = field(default_factory=dict)

    def publish(self, id: str, to: Addressed, due: Iterable[str]) -> None:
        self.published.append(Published(id, to, frozenset(due)))

    def forgo(self, device: Device) -> None:
        """It has given a topic back: what has not reached it by then need not reach it any more."""
        self.published = [
            each if each.to.is_due_to(device) else replace(each, due=each.due - {device.id})
            for each in self.published
        ]

    def due_to(self, device: Device) -> set[str]:
        return {each.id for each in self.published if device.id in each.due}

    def is_due_to(self, device: Device, id: str) -> bool:
        """Whether it is for the device as it is now; what nobody published is for everybody."""
        return all(each.to.is_due_to(device) for each in self.published if each.id == id)

    def allowed_to(self, device: Device) -> set[str]:
        return {each.id for each in self.published if each.to.may_reach(device)}

    def ids_of(self, principal: Principal) -> list[str]:
        """Everything that ever was in the inbox, in the order in which it was published."""
        return [each.id for each in self.published if each.to.is_in_the_inbox_of(principal)]

    def inbox(self, principal: Principal) -> dict[str, set[str]]:
        """What is in the inbox and not archived, and which of `seen` and `read` it is."""
        marks = self.marks.get(principal.username, {})
        states = {each: marks.get(each, set()) for each in self.ids_of(principal)}
        return {each: done for each, done in states.items() if "archived" not in done}

    def mark(self, principal: Principal, ids: Collection[str], state: State) -> None:
        marks = self.marks.setdefault(principal.username, {})
        for each in ids:
            _note(marks.setdefault(each, set()), state)

    def mark_all(self, principal: Principal, state: State) -> None:
        self.mark(principal, self.ids_of(principal), state)


def _note(done: set[str], state: State) -> None:
    if "archived" in done:
        return
    if state is State.UNREAD:
        done.discard("read")
        return
    done.add(state.value)
    if state is State.READ:
        done.add("seen")


def meets(topic: str, pattern: str) -> bool:
    """Whether somebody who is subscribed to the topic hears what is broadcast to the pattern."""
    if pattern in (ANYTHING, "user:*"):
        return topic == EVERYBODY
    one, other = Pattern(topic), Pattern(pattern)
    return covers(one, other) or covers(other, one)
