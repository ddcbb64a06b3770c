"""Everything that can happen to an inbox, in any order, against one that keeps a copy for each."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from notify.account_requests import CreateUser
from notify.entries import InboxCounts, Status, parse_cursor
from notify.marks import State
from notify.model import Principal
from tests.notify.conftest import PASSWORD, World, broadcast, send

USERS = ("alice", "bob")
FED_BY = {
    "member": ("general", "tenant:acme", "tenant:*", "role:member", "role:*"),
    "": ("general", "tenant:acme", "tenant:*"),
}
PATTERNS = ("*", "user:*", "general", "role:member", "role:*", "tenant:*", "tenant:other", "role:x")
STATES = [State.SEEN, State.READ, State.ARCHIVED]
times = st.integers(0, 90_000)


@dataclass
class Copy:
    """One notification in one inbox."""

    id: str
    stream: str
    at: int
    expires_at: int
    key: str | None
    seen_at: int | None = None
    read_at: int | None = None
    archived_at: int | None = None

    def mark(self, state: State, at: int) -> None:
        if self.archived_at is not None:
            return
        if state in (State.SEEN, State.READ):
            self.seen_at = self.seen_at or at
        if state is State.READ:
            self.read_at = self.read_at or at
        if state is State.UNREAD:
            self.read_at = None
        if state is State.ARCHIVED:
            self.archived_at = at


SHOWN: dict[Status, Callable[[Copy], bool]] = {
    Status.ALL: lambda copy: copy.archived_at is None,
    Status.UNREAD: lambda copy: copy.archived_at is None and copy.read_at is None,
    Status.UNSEEN: lambda copy: copy.archived_at is None and copy.seen_at is None,
    Status.READ: lambda copy: copy.archived_at is None and copy.read_at is not None,
    Status.ARCHIVED: lambda copy: copy.archived_at is not None,
}


@dataclass
class Copies:
    """The inbox of one user, oldest first."""

    all: list[Copy] = field(default_factory=list)

    def now(self, now: int, streams: tuple[str, ...]) -> list[Copy]:
        """Newest first, of those that collapse only the newest."""
        alive, met = [], set()
        for copy in reversed(self.all):
            if copy.expires_at <= now or copy.stream not in streams:
                continue
            if copy.key is None or (copy.stream, copy.key) not in met:
                alive.append(copy)
            met.add((copy.stream, copy.key))
        return alive


class InboxMachine(RuleBasedStateMachine):
    """alice and bob of acme; alice's token has the role member or, on another device, has not."""

    @initialize()
    def begin(self) -> None:
        self.world = World()
        self.inboxes = {name: Copies() for name in USERS}
        self.inbox = self.world.inbox  # one for all of it, as a process has one
        self.ids: list[str] = ["ntf_unknown"]
        for name in USERS:
            self.world.add_user(name)

    def principal(self, name: str, role: str) -> Principal:
        return self.world.principal(name, *filter(None, [role]), tenant="acme")

    def streams(self, name: str, role: str) -> tuple[str, ...]:
        return (f"user:{name}", *FED_BY[role])

    @rule(name=st.sampled_from(USERS), key=st.sampled_from([None, "a"]), ms=times)
    def send(self, name: str, key: str | None, ms: int) -> None:
        self.world.clock.advance(ms)
        ttl = self.ttl(key)
        sent = send(self.world, name, collapse_key=key, ttl_seconds=ttl)
        self.arrive([name], sent.notification_id, f"user:{name}", ttl, key)

    @rule(
        pattern=st.sampled_from(PATTERNS),
        key=st.sampled_from([None, "a"]),
        excluded=st.sampled_from([(), ("alice",), ("bob",)]),
        ms=times,
    )
    def broadcast(self, pattern: str, key: str | None, excluded: tuple[str, ...], ms: int) -> None:
        self.world.clock.advance(ms)
        ttl = self.ttl(key)
        sent = broadcast(
            self.world,
            pattern,
            collapse_key=key,
            ttl_seconds=ttl,
            exclude_user_ids=list(excluded),
        )
        stream = "general" if pattern in ("*", "user:*") else pattern
        names = [name for name in USERS if name not in excluded]
        self.arrive(names, sent.notification_id, stream, ttl, key)

    def ttl(self, key: str | None) -> int:
        """What collapses lives equally long, so that what is superseded goes first."""
        return 300 if key else 60 + len(self.ids) % 5 * 60

    def arrive(self, names: list[str], id: str, stream: str, ttl: int, key: str | None) -> None:
        now = self.world.clock()
        self.ids.append(id)
        for name in names:
            self.inboxes[name].all.append(Copy(id, stream, now, now + ttl * 1000, key))

    @rule(
        name=st.sampled_from(USERS),
        role=st.sampled_from(sorted(FED_BY)),
        state=st.sampled_from(State),
        picked=st.lists(st.integers(0, 40), min_size=1, max_size=4),
        ms=times,
    )
    def mark(self, name: str, role: str, state: State, picked: list[int], ms: int) -> None:
        self.world.clock.advance(ms)
        ids = [self.ids[-1 - number % len(self.ids)] for number in picked]
        marking = self.inbox.mark(self.principal(name, role), ids, state)
        now, streams = self.world.clock(), self.streams(name, role)
        found = [copy for copy in self.inboxes[name].now(now, streams) if copy.id in ids]
        for copy in found:
            copy.mark(state, now)
        assert sorted(marking.ids) == sorted(copy.id for copy in found)
        assert marking.counts == self.counts(name, role)

    @rule(
        name=st.sampled_from(USERS),
        role=st.sampled_from(sorted(FED_BY)),
        state=st.sampled_from(STATES),
        ago=st.one_of(st.none(), st.integers(0, 200_000)),
        ms=st.integers(1, 90_000),
    )
    def mark_all(self, name: str, role: str, state: State, ago: int | None, ms: int) -> None:
        self.world.clock.advance(ms)  # two in one millisecond get different times
        now, streams = self.world.clock(), self.streams(name, role)
        before = None if ago is None else now - ago
        made = self.inbox.mark_all(self.principal(name, role), state, before)
        for copy in self.inboxes[name].now(now, streams):
            if before is None or copy.at < before:
                copy.mark(state, now)
        assert made.counts == self.counts(name, role)

    @rule(name=st.sampled_from(USERS))
    def begin_anew(self, name: str) -> None:
        """The account is removed, and another of that name made."""
        self.world.clock.advance(1)
        root = self.world.principal("root", "admin")
        self.world.accounts.remove(root, name)
        self.world.accounts.create(root, CreateUser(name, PASSWORD))
        self.inboxes[name] = Copies()

    def counts(self, name: str, role: str) -> InboxCounts:
        copies = self.inboxes[name].now(self.world.clock(), self.streams(name, role))
        shown = {status: sum(map(shows, copies)) for status, shows in SHOWN.items()}
        return InboxCounts(shown[Status.UNREAD], shown[Status.UNSEEN], shown[Status.ALL])

    @invariant()
    def every_list_and_count_is_that_of_the_copies(self) -> None:
        for name in USERS:
            for role in FED_BY:
                copies = self.inboxes[name].now(self.world.clock(), self.streams(name, role))
                for status, shows in SHOWN.items():
                    expected = [replace(copy) for copy in copies if shows(copy)]
                    assert self.listed(name, role, status) == _in_order(expected)
                assert self.inbox.counts(self.principal(name, role)) == self.counts(name, role)

    def listed(self, name: str, role: str, status: Status) -> list[Copy]:
        """Page after page."""
        copies: list[Copy] = []
        behind = None
        while True:
            page = self.inbox.page(self.principal(name, role), status, 3, behind)
            assert page.counts == self.counts(name, role)
            for entry in page.entries:
                stored = entry.stored
                copies.append(
                    Copy(
                        entry.id,
                        stored.frame.stream,
                        stored.at,
                        stored.expires_at,
                        stored.frame.collapse_key,
                        entry.seen_at,
                        entry.read_at,
                        entry.archived_at,
                    )
                )
            assert copies == _in_order(copies, stable=True)
            if page.next_cursor is None:
                return _in_order(copies)
            behind = parse_cursor(page.next_cursor)


def _in_order(copies: list[Copy], *, stable: bool = False) -> list[Copy]:
    """By time; within a millisecond in the order given or, to compare, by id."""
    return sorted(copies, key=lambda copy: (-copy.at, "" if stable else copy.id))


InboxMachine.TestCase.settings = settings(
    max_examples=100,
    stateful_step_count=25,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestAnInboxIsWhatACopyForEachUserWouldBe = InboxMachine.TestCase
