import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.entries import (
    Entry,
    InboxCounts,
    Place,
    Status,
    encode_cursor,
    inbox_streams,
    issued_at,
    meant_for,
    parse_cursor,
    settle_each,
    tally,
)
from notify.errors import Invalid
from notify.frames import NotificationFrame, Sender, StoredNotification
from notify.marks import Mark, State, Watermarks
from notify.model import Pattern, Username
from tests.fakes import NOW
from tests.notify.conftest import HOUR_MS, World

ALICE = Username("alice")
GENERAL = Pattern("general")


def stored(
    seq: int = 1, key: str | None = None, id: str | None = None, at: int = NOW, *excluded: str
) -> StoredNotification:
    frame = NotificationFrame(
        id or f"ntf_{seq}", "t", "T", "m", "normal", {}, Sender("bob", []), "now",
        GENERAL, GENERAL, "epoch", seq, collapse_key=key,
    )  # fmt: skip
    return StoredNotification(frame, at, at + HOUR_MS, frozenset(map(Username, excluded)))


def ids(created_at: int, *newest_first: StoredNotification) -> list[str]:
    return [each.frame.id for each in meant_for(ALICE, created_at, newest_first)]


# What counts


def test_an_inbox_is_fed_by_the_users_own_topics_and_the_wildcards_over_them(world: World) -> None:
    principal = world.principal("alice", "member", "editor", tenant="acme")
    assert inbox_streams(principal) == [
        "general", "role:editor", "role:member", "tenant:acme", "user:alice", "role:*", "tenant:*",
    ]  # fmt: skip
    assert inbox_streams(world.principal("bob")) == ["general", "user:bob"]


def test_what_excludes_a_user_or_is_older_than_the_account_does_not_count() -> None:
    assert ids(
        NOW, stored(3, None, None, NOW, "bob", "alice"), stored(2), stored(1, at=NOW - 1)
    ) == ["ntf_2"]


def test_the_newest_of_a_key_supersedes_the_older() -> None:
    assert ids(0, stored(4, "a"), stored(3, "b"), stored(2, "a"), stored(1)) == [
        "ntf_4", "ntf_3", "ntf_1",
    ]  # fmt: skip


def test_what_does_not_count_supersedes_nothing() -> None:
    assert ids(0, stored(2, "a", None, NOW, "alice"), stored(1, "a")) == ["ntf_1"]


def test_what_was_stored_twice_counts_once() -> None:
    assert ids(0, stored(2, id="ntf_x"), stored(1, id="ntf_x")) == ["ntf_x"]


# In which state


def settle(stored: StoredNotification, mark: Mark, watermarks: Watermarks) -> Entry:
    (entry,) = settle_each([stored], {stored.frame.id: mark}, watermarks)
    return entry


def times(mark: Mark, watermarks: Watermarks, seq: int = 1) -> tuple[int | None, ...]:
    entry = settle(stored(seq), mark, watermarks)
    return entry.seen_at, entry.read_at, entry.archived_at


def raised(state: State, seq: int = 5, now: int = NOW) -> Watermarks:
    return Watermarks().raised(state, {GENERAL: seq}, now)


def test_what_nobody_marked_is_unseen_and_unread() -> None:
    assert times(Mark(), Watermarks()) == (None, None, None)
    assert times(Mark(), raised(State.ARCHIVED), seq=6) == (None, None, None)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.SEEN, (NOW, None, None)),
        (State.READ, (NOW, NOW, None)),
        (State.ARCHIVED, (None, None, NOW)),
    ],
)
def test_a_mark_all_counts_for_what_it_covers(
    state: State, expected: tuple[int | None, ...]
) -> None:
    assert times(Mark(), raised(state)) == expected


def test_the_first_time_counts() -> None:
    assert times(Mark(NOW - 2, NOW - 1, generation=0), raised(State.READ)) == (
        NOW - 2, NOW - 1, None,
    )  # fmt: skip
    assert times(Mark(NOW + 2, NOW + 3, generation=NOW), raised(State.READ)) == (NOW, NOW, None)


def test_unread_holds_against_a_mark_all_before_it_and_gives_way_to_one_after_it() -> None:
    before = raised(State.READ)
    unread = Mark(seen_at=NOW, generation=before.generation)
    assert times(unread, before) == (NOW, None, None)
    after = before.raised(State.READ, {GENERAL: 1}, NOW + 9)
    assert times(unread, after) == (NOW, NOW + 9, None)
    assert times(unread, before.raised(State.SEEN, {GENERAL: 5}, NOW + 9)) == (NOW, None, None)


def test_a_mark_all_does_not_touch_what_was_archived_before_it() -> None:
    archived = raised(State.ARCHIVED)
    after = archived.raised(State.READ, {GENERAL: 5}, NOW + 9)
    assert times(Mark(), after) == (None, None, NOW)
    assert times(Mark(archived_at=NOW - 1), raised(State.READ)) == (None, None, NOW - 1)


def test_the_generation_of_the_next_mark_is_never_older_than_the_last() -> None:
    assert settle(stored(), Mark(), raised(State.SEEN)).generation == NOW
    assert settle(stored(), Mark(generation=NOW), Watermarks()).generation == NOW


def entry(seen: bool = False, read: bool = False, archived: bool = False) -> Entry:
    return Entry(stored(), NOW if seen else None, NOW if read else None, NOW if archived else None)


EVERY = [
    entry(),
    entry(seen=True),
    entry(True, True),
    entry(archived=True),
    entry(True, True, True),
]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status.ALL, [0, 1, 2]),
        (Status.UNREAD, [0, 1]),
        (Status.UNSEEN, [0]),
        (Status.READ, [2]),
        (Status.ARCHIVED, [3, 4]),
    ],
)
def test_every_status_but_archived_leaves_out_what_is_archived(
    status: Status, expected: list[int]
) -> None:
    assert [n for n, each in enumerate(EVERY) if each.has(status)] == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.SEEN, [0]),
        (State.READ, [0, 1]),
        (State.UNREAD, [2]),
        (State.ARCHIVED, [0, 1, 2]),
    ],
)
def test_an_entry_takes_what_changes_it_until_it_is_archived(
    state: State, expected: list[int]
) -> None:
    assert [n for n, each in enumerate(EVERY) if each.takes(state)] == expected


def test_counts_are_those_of_the_lists() -> None:
    assert tally(EVERY) == InboxCounts(unread=2, unseen=1, total=3)
    assert tally([]) == InboxCounts()


# Ids and cursors


def test_an_id_says_when_it_was_made() -> None:
    assert issued_at(f"ntf_{NOW:012x}0123456789abcdef") == NOW


@pytest.mark.parametrize(
    "text", ["", "ntf_", "ntf_0001", f"ntf_{NOW:012x}", "x" * 32, "ntf_" + "g" * 28]
)
def test_what_is_no_id_of_ours_says_no_time(text: str) -> None:
    assert issued_at(text) == 0


@given(st.integers(0, 1 << 50), st.integers(1, 1 << 50))
def test_a_cursor_comes_back_as_the_place_it_was_made_of(at: int, seq: int) -> None:
    place = Place(at, seq, Pattern("user:a.b@c-d_e"))
    cursor = encode_cursor(place)
    assert parse_cursor(cursor) == place
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&?# ")


@given(st.text(max_size=60))
def test_what_is_no_cursor_is_invalid(text: str) -> None:
    with pytest.raises(Invalid, match=r"^cursor: "):
        parse_cursor(text)


@pytest.mark.parametrize("raw", ["W10", "WzFd", "bnVsbA", "WyIxIiwyLCJhIl0", "WzEsMiwzXQ", "é"])
def test_what_decodes_to_no_place_is_invalid(raw: str) -> None:
    with pytest.raises(Invalid, match=r"^cursor: "):
        parse_cursor(raw)


class CountedWatermarks(Watermarks, frozen=True):
    """Which say how often they were asked how far each stream is covered."""

    asked: list[Pattern] = msgspec.field(default_factory=list)

    def highest(self, stream: Pattern) -> int:
        self.asked.append(stream)
        return super().highest(stream)


def test_how_far_a_stream_is_covered_is_asked_once_for_all_that_is_in_it() -> None:
    steps = {state: raised(state, seq=2).steps[state] for state in (State.READ, State.SEEN)}
    watermarks = CountedWatermarks(NOW, steps)
    entries = settle_each([stored(seq) for seq in (4, 3, 2, 1)], {}, watermarks)
    assert [entry.read_at for entry in entries] == [None, None, NOW, NOW]
    assert watermarks.asked == [GENERAL]
