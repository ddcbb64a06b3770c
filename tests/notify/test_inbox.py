from collections.abc import Collection
from typing import Any

import pytest
from msgspec.structs import replace

from notify.account_requests import CreateUser
from notify.entries import InboxCounts, Status, parse_cursor
from notify.errors import Unavailable
from notify.frames import StoredNotification
from notify.inbox import SKEW_MS, Inbox
from notify.marks import State
from notify.model import Pattern, Principal, Username
from notify.ports import StreamPage
from notify.recent import MAX_ENTRIES, READ_PAGE
from tests.fakes import NOW, FakeMarks, FakeStreams
from tests.notify.conftest import PASSWORD, World, broadcast, send


def me(world: World) -> Principal:
    return world.principal("alice", "member", tenant="acme")


def titles(world: World, status: Status = Status.ALL, limit: int = 100) -> list[str]:
    page = world.inbox.page(me(world), status, limit)
    return [entry.stored.frame.title for entry in page.entries]


def counts(world: World) -> tuple[int, int, int]:
    made = world.inbox.counts(me(world))
    return made.unread, made.unseen, made.total


def fill(world: World, *names: str) -> list[str]:
    """One send to alice a title, a second apart; their ids."""
    sent = []
    for name in names:
        world.clock.advance(1000)
        sent.append(send(world, "alice", title=name).notification_id)
    return sent


def mark(world: World, state: State, *ids: str) -> list[str]:
    return world.inbox.mark(me(world), ids, state).ids


# Lists


def test_an_inbox_is_empty_at_first(world: World) -> None:
    page = world.inbox.page(me(world), Status.ALL, 10)
    assert (page.entries, page.next_cursor, page.counts) == ([], None, InboxCounts())


def test_all_that_is_meant_for_a_user_is_there_newest_first(world: World) -> None:
    for pattern in ("user:alice", "general", "*", "role:member", "role:*", "tenant:acme"):
        world.clock.advance(1)
        broadcast(world, pattern, title=pattern)
    for pattern in ("orders:eu", "role:admin", "tenant:other", "user:bob"):
        broadcast(world, pattern, title="somebody else's")
    world.clock.advance(1)
    send(world, "alice", title="own")
    assert titles(world) == [
        "own", "tenant:acme", "role:*", "role:member", "*", "general", "user:alice",
    ]  # fmt: skip
    assert counts(world) == (7, 7, 7)


def test_a_broadcast_to_many_is_stored_once_and_counts_for_each(world: World) -> None:
    broadcast(world, "*", exclude_user_ids=["bob"])
    assert [len(stored) for stored in world.memory.streams.values()] == [1]
    assert counts(world) == (1, 1, 1)
    assert world.inbox.counts(world.principal("bob")) == InboxCounts()
    assert world.inbox.counts(world.principal("root")).unread == 1


def test_what_has_expired_is_not_there(world: World) -> None:
    send(world, "alice", title="short", ttl_seconds=60)
    send(world, "alice", title="long")
    world.clock.advance(60_000)
    assert titles(world) == ["long"]
    assert counts(world) == (1, 1, 1)


def test_what_collapses_is_there_once_and_twice_in_the_stream(world: World) -> None:
    for title in ("10 %", "100 %"):
        send(world, "alice", title=title, collapse_key="upload")
    assert titles(world) == ["100 %"]
    assert counts(world) == (1, 1, 1)
    assert len(world.stored("user:alice")) == 2


def test_what_was_superseded_does_not_come_back_when_the_newer_is_archived(world: World) -> None:
    send(world, "alice", title="10 %", collapse_key="upload")
    newer = send(world, "alice", title="100 %", collapse_key="upload").notification_id
    mark(world, State.ARCHIVED, newer)
    assert titles(world) == []
    assert titles(world, Status.ARCHIVED) == ["100 %"]


def test_the_next_user_of_a_name_sees_nothing_of_the_one_before(world: World) -> None:
    root = world.principal("root", "admin")
    fill(world, "private")
    broadcast(world, "*", title="before")
    world.clock.advance(1)
    world.accounts.remove(root, "alice")
    assert titles(world) == []
    world.accounts.create(root, CreateUser("alice", PASSWORD))
    assert titles(world) == []
    broadcast(world, "*", title="after")
    assert titles(world) == ["after"]


# Pages


def test_pages_follow_each_other_without_a_gap_while_more_arrives(world: World) -> None:
    fill(world, *"abcde")
    seen, cursor = [], None
    while True:
        page = world.inbox.page(me(world), Status.ALL, 2, cursor)
        seen += [entry.stored.frame.title for entry in page.entries]
        fill(world, "new")
        if page.next_cursor is None:
            break
        cursor = parse_cursor(page.next_cursor)
    assert seen == ["e", "d", "c", "b", "a"]


def test_pages_of_what_is_marked_meanwhile_skip_nothing(world: World) -> None:
    fill(world, *"abcd")
    page = world.inbox.page(me(world), Status.UNREAD, 2)
    mark(world, State.READ, *(entry.id for entry in page.entries))
    assert page.next_cursor is not None
    rest = world.inbox.page(me(world), Status.UNREAD, 2, parse_cursor(page.next_cursor))
    assert [entry.stored.frame.title for entry in rest.entries] == ["b", "a"]
    assert rest.next_cursor is None
    assert rest.counts == InboxCounts(unread=2, unseen=2, total=4)


def test_entries_of_one_millisecond_are_told_apart(world: World) -> None:
    for pattern in ("general", "user:alice", "general", "role:member"):
        broadcast(world, pattern)
    seen, behind = [], None
    for _ in range(4):
        page = world.inbox.page(me(world), Status.ALL, 1, behind)
        (entry,) = page.entries
        seen.append(entry.id)
        behind = entry.place
    assert len(set(seen)) == 4
    assert page.next_cursor is None


# Bodies


class Body(dict[str, Any]):
    """A notification's data, of which it is known how many are held."""

    held = 0

    def __init__(self) -> None:
        super().__init__(loan=12)
        Body.held += 1

    def __del__(self) -> None:
        Body.held -= 1


class Bodies(FakeStreams):
    """Makes a body for each notification that is read, and remembers which were asked for."""

    def __init__(self, world: World) -> None:
        super().__init__(world.memory)
        self.most = 0
        self.asked: list[set[tuple[Pattern, int]]] = []

    def before(self, stream: Pattern, seq: int | None, limit: int, now: int) -> StreamPage:
        page = super().before(stream, seq, limit, now)
        made = StreamPage(tuple(map(self._made, page.notifications)), page.through, page.more)
        self.most = max(self.most, Body.held)
        return made

    def numbered(
        self, places: Collection[tuple[Pattern, int]]
    ) -> dict[tuple[Pattern, int], StoredNotification]:
        self.asked.append(set(places))
        found = super().numbered(places)
        return {place: self._made(stored) for place, stored in found.items()}

    def _made(self, stored: StoredNotification) -> StoredNotification:
        return replace(stored, frame=replace(stored.frame, data=Body()))


def test_what_is_listed_is_as_it_is_stored(world: World) -> None:
    send(world, "alice", data={"loan": 12})
    broadcast(world, "general", data={"loan": 13})
    entries = world.inbox.page(me(world), Status.ALL, 10).entries
    stored = [*world.memory.streams["general"], *world.memory.streams["user:alice"]]
    assert {entry.id: entry.stored for entry in entries} == {each.frame.id: each for each in stored}


def test_a_list_holds_the_bodies_of_a_page_and_not_of_all_streams(world: World) -> None:
    for pattern in ("user:alice", "general"):
        for _ in range(3 * READ_PAGE):
            broadcast(world, pattern)
    bodies = Bodies(world)
    inbox = Inbox(world.users, bodies, world.marks, world.clock)
    page = inbox.page(me(world), Status.ALL, 10)
    assert (len(page.entries), page.counts.total) == (10, 6 * READ_PAGE)
    assert bodies.most <= READ_PAGE
    assert Body.held == 10


def test_a_list_asks_for_the_bodies_of_its_page_at_once(world: World) -> None:
    broadcast(world, "general")
    fill(world, *"abc")
    bodies = Bodies(world)
    inbox = Inbox(world.users, bodies, world.marks, world.clock)
    first = inbox.page(me(world), Status.ALL, 2)
    assert first.next_cursor is not None
    inbox.page(me(world), Status.ALL, 2, parse_cursor(first.next_cursor))
    own = Pattern("user:alice")
    assert {(own, 3), (own, 2)} in bodies.asked
    assert {(own, 1), (Pattern("general"), 1)} in bodies.asked


def test_what_is_gone_before_its_body_is_read_is_left_out_and_the_list_goes_on(
    world: World,
) -> None:
    class Emptied(FakeStreams):
        def numbered(self, places: Collection[tuple[Pattern, int]]) -> Any:
            left = [place for place in places if place[1] != 2]
            return super().numbered(left)

    fill(world, *"abc")
    inbox = Inbox(world.users, Emptied(world.memory), world.marks, world.clock)
    page = inbox.page(me(world), Status.ALL, 2)
    assert [entry.stored.frame.title for entry in page.entries] == ["c"]
    assert page.next_cursor is not None
    rest = inbox.page(me(world), Status.ALL, 2, parse_cursor(page.next_cursor))
    assert [entry.stored.frame.title for entry in rest.entries] == ["a"]


# Marks


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.SEEN, (2, 1, 2)),
        (State.READ, (1, 1, 2)),
        (State.UNREAD, (2, 2, 2)),
        (State.ARCHIVED, (1, 1, 1)),
    ],
)
def test_a_mark_counts_at_once(world: World, state: State, expected: tuple[int, int, int]) -> None:
    first, _ = fill(world, "a", "b")
    marking = world.inbox.mark(me(world), [first], state)
    assert marking.ids == [first]
    assert (marking.counts.unread, marking.counts.unseen, marking.counts.total) == expected
    assert counts(world) == expected


def test_what_is_marked_has_its_time(world: World) -> None:
    (one,) = fill(world, "a")
    seen_at = world.clock()
    mark(world, State.SEEN, one)
    world.clock.advance(1000)
    mark(world, State.READ, one)
    (entry,) = world.inbox.page(me(world), Status.READ, 1).entries
    assert (entry.seen_at, entry.read_at, entry.archived_at) == (seen_at, seen_at + 1000, None)


def test_ids_that_are_not_in_the_inbox_are_ignored(world: World) -> None:
    (mine,) = fill(world, "a")
    bobs = send(world, "bob").notification_id
    unknown = f"ntf_{NOW:012x}{'0' * 16}"
    assert mark(world, State.READ, unknown, mine, bobs, mine, "no id") == [mine]
    assert world.inbox.counts(world.principal("bob")).unread == 1
    assert set(world.marks.by_user) == {"alice"}


def test_what_has_expired_is_not_marked(world: World) -> None:
    one = send(world, "alice", ttl_seconds=60).notification_id
    world.clock.advance(60_000)
    assert mark(world, State.READ, one) == []
    assert world.marks.by_user == {}


def test_what_is_so_already_is_found_and_not_written_again(world: World) -> None:
    (one,) = fill(world, "a")
    mark(world, State.READ, one)
    written = world.marks.by_user[Username("alice")]
    world.clock.advance(1000)
    before = dict(written)
    assert mark(world, State.READ, one) == mark(world, State.SEEN, one) == [one]
    assert written == before


def test_what_a_mark_all_has_archived_is_still_found(world: World) -> None:
    ids = fill(world, *map(str, range(READ_PAGE + 5)))
    world.inbox.mark_all(me(world), State.ARCHIVED, None)
    assert mark(world, State.READ, ids[0]) == [ids[0]]
    assert counts(world) == (0, 0, 0)


def test_a_broadcast_is_marked_by_each_for_oneself(world: World) -> None:
    one = broadcast(world, "*").notification_id
    mark(world, State.READ, one)
    assert counts(world) == (0, 0, 1)
    assert world.inbox.counts(world.principal("bob")).unread == 1


def test_a_mark_that_meets_a_newer_one_is_made_again(world: World) -> None:
    (one,) = fill(world, "a")

    class Overtaken(FakeMarks):
        def mark(self, *arguments: Any, **more: Any) -> bool:
            if not self.raised:
                self.mark_all(Username("alice"), State.SEEN, {}, NOW)
                super().mark(Username("alice"), one, State.UNREAD, NOW, NOW, NOW)
            return super().mark(*arguments, **more)

    world.marks = Overtaken()
    marking = world.inbox.mark(me(world), [one], State.READ)
    assert (marking.ids, marking.counts) == ([one], InboxCounts(0, 0, 1))


def test_an_inbox_that_stays_busy_is_unavailable(world: World) -> None:
    (one,) = fill(world, "a")

    class Busy(FakeMarks):
        def mark(self, *_: Any, **__: Any) -> bool:
            return False

    world.marks = Busy()
    with pytest.raises(Unavailable):
        mark(world, State.READ, one)


# Mark-alls


@pytest.mark.parametrize(
    ("state", "expected"),
    [(State.SEEN, (3, 0, 3)), (State.READ, (0, 0, 3)), (State.ARCHIVED, (0, 0, 0))],
)
def test_a_mark_all_covers_every_stream(
    world: World, state: State, expected: tuple[int, int, int]
) -> None:
    for pattern in ("general", "user:alice", "role:member"):
        broadcast(world, pattern)
    world.inbox.mark_all(me(world), state, None)
    assert counts(world) == expected
    assert world.marks.by_user == {}


def test_what_arrives_after_a_mark_all_is_unread(world: World) -> None:
    fill(world, "a", "b")
    world.inbox.mark_all(me(world), State.READ, None)
    fill(world, "c")
    assert titles(world, Status.UNREAD) == ["c"]


def test_a_mark_all_before_a_time_leaves_what_is_newer(world: World) -> None:
    fill(world, "a", "b", "c")
    marking = world.inbox.mark_all(me(world), State.READ, world.clock())
    assert marking.counts.unread == 1
    assert titles(world, Status.UNREAD) == ["c"]


def test_what_is_marked_unread_after_a_mark_all_is_unread_until_the_next(world: World) -> None:
    first, *_ = fill(world, "a", "b")
    world.inbox.mark_all(me(world), State.READ, None)
    mark(world, State.UNREAD, first)
    assert titles(world, Status.UNREAD) == ["a"]
    assert counts(world) == (1, 0, 2)
    world.inbox.mark_all(me(world), State.READ, None)
    assert counts(world) == (0, 0, 2)


def test_a_mark_all_that_has_nothing_to_do_writes_nothing(world: World) -> None:
    world.inbox.mark_all(me(world), State.READ, None)
    fill(world, "a")
    world.inbox.mark_all(me(world), State.READ, None)
    raised = world.marks.watermarks(Username("alice"))
    world.clock.advance(1000)
    assert world.inbox.mark_all(me(world), State.READ, None).ids == []
    assert world.marks.watermarks(Username("alice")) == raised


# How far is read


class Reads(FakeStreams):
    """Counts the pages that are read of each stream."""

    def __init__(self, world: World) -> None:
        super().__init__(world.memory)
        self.pages: dict[str, int] = {}

    def before(self, stream: Any, seq: int | None, limit: int, now: int) -> StreamPage:
        self.pages[stream] = self.pages.get(stream, 0) + 1
        return super().before(stream, seq, limit, now)


def reads(world: World) -> int:
    """How many pages of alice's own stream a list takes."""
    counting = Reads(world)
    Inbox(world.users, counting, world.marks, world.clock).page(me(world), Status.ALL, 10)
    return counting.pages["user:alice"]


def test_an_inbox_reaches_back_so_far(world: World) -> None:
    fill(world, *map(str, range(MAX_ENTRIES + 1)))
    assert counts(world) == (MAX_ENTRIES,) * 3
    assert reads(world) == MAX_ENTRIES // READ_PAGE


def test_nothing_is_read_far_behind_the_account(world: World) -> None:
    fill(world, *map(str, range(2 * READ_PAGE)))
    world.clock.advance(SKEW_MS + 1)
    root = world.principal("root", "admin")
    world.accounts.remove(root, "alice")
    world.accounts.create(root, CreateUser("alice", PASSWORD))
    fill(world, "one")
    assert reads(world) == 1


def test_nothing_is_read_far_behind_what_a_mark_all_has_archived(world: World) -> None:
    fill(world, *map(str, range(3 * READ_PAGE)))
    world.inbox.mark_all(me(world), State.ARCHIVED, None)
    assert reads(world) == 1
    assert len(titles(world, Status.ARCHIVED, 1000)) == 3 * READ_PAGE


def test_ids_are_looked_for_as_far_back_as_they_say(world: World) -> None:
    fill(world, *map(str, range(3 * READ_PAGE)))
    world.inbox.mark_all(me(world), State.ARCHIVED, None)
    counting = Reads(world)
    inbox = Inbox(world.users, counting, world.marks, world.clock)
    inbox.mark(me(world), [f"ntf_{world.clock():012x}{'0' * 16}"], State.READ)
    assert counting.pages["user:alice"] == 1
