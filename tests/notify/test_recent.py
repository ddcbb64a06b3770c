from collections.abc import Collection, Iterable, Mapping

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notify.frames import NotificationFrame, Sender, StoredNotification
from notify.marks import Watermarks
from notify.model import Pattern, Position, Username
from notify.ports import StreamPage
from notify.recent import FRESH_MS, KEPT_MS, MAX_ENTRIES, READ_PAGE, KnownWatermarks, Recent
from tests.fakes import FakeStreams, Memory

GENERAL, OWN = Pattern("general"), Pattern("user:alice")
HOUR_MS = 3_600_000


class CountingStreams(FakeStreams):
    """Remembers what it was asked for, and how much it gave."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self.clock = memory.clock
        self.asked: list[tuple[str, int]] = []

    def after(self, stream: Pattern, seq: int, limit: int, now: int) -> StreamPage:
        page = super().after(stream, seq, limit, now)
        self.asked.append(("after", len(page.notifications)))
        return page

    def before(self, stream: Pattern, seq: int | None, limit: int, now: int) -> StreamPage:
        page = super().before(stream, seq, limit, now)
        self.asked.append(("before", len(page.notifications)))
        return page

    def numbered(
        self, places: Collection[tuple[Pattern, int]]
    ) -> Mapping[tuple[Pattern, int], StoredNotification]:
        self.asked.append(("numbered", len(places)))
        return super().numbered(places)

    def begun(self, streams: Iterable[Pattern]) -> Mapping[Pattern, Position]:
        begun = super().begun(streams)
        self.asked.append(("begun", len(begun)))
        return begun

    def store(
        self, number: int = 1, stream: Pattern = GENERAL, ttl_ms: int = HOUR_MS, excluded: int = 0
    ) -> None:
        names = frozenset(Username(f"u{each}") for each in range(excluded))
        for _ in range(number):
            frame = NotificationFrame(
                "ntf_1", "type", "Title", "Message", "normal", {"loan": 12}, Sender("bob", []),
                "", stream, stream, None, None,
            )  # fmt: skip
            self.append(frame, self.clock(), self.clock() + ttl_ms, names)

    def asked_for(self) -> list[tuple[str, int]]:
        asked, self.asked = self.asked, []
        return asked


@pytest.fixture
def streams() -> CountingStreams:
    return CountingStreams(Memory())


@pytest.fixture
def recent(streams: CountingStreams) -> Recent:
    return Recent(streams, streams.clock)


def rows(recent: Recent, stream: Pattern = GENERAL) -> list[StoredNotification]:
    return [row for page in recent.bare([stream])[stream] for row in page.notifications]


def all_rows(recent: Recent, streams: list[Pattern]) -> dict[Pattern, list[StoredNotification]]:
    pages = recent.bare(streams)
    return {each: [row for page in pages[each] for row in page.notifications] for each in streams}


def seqs(recent: Recent, stream: Pattern = GENERAL) -> list[int | None]:
    return [row.frame.seq for row in rows(recent, stream)]


def test_a_stream_without_news_costs_one_question_and_no_row(
    streams: CountingStreams, recent: Recent
) -> None:
    streams.store(3)
    assert seqs(recent) == seqs(recent) == seqs(recent) == [3, 2, 1]
    assert streams.asked_for() == [("before", 3), ("begun", 1), ("after", 0), ("numbered", 1)]


def test_of_a_stream_with_news_only_they_are_read(streams: CountingStreams, recent: Recent) -> None:
    streams.store(3)
    seqs(recent)
    streams.store(2)
    assert seqs(recent) == [5, 4, 3, 2, 1]
    assert streams.asked_for() == [("before", 3), ("begun", 1), ("after", 2)]


def test_streams_that_are_asked_often_cost_one_question_together(
    streams: CountingStreams, recent: Recent
) -> None:
    both = [GENERAL, OWN]
    for _ in range(2):
        all_rows(recent, both)
    streams.asked_for()
    for number in range(1, 5):
        streams.store(1, OWN)
        assert [len(rows) for rows in all_rows(recent, both).values()] == [0, number]
    # Where there was news it is looked one number further, and the first time not far enough.
    assert streams.asked_for() == [
        ("numbered", 2), ("after", 1), ("numbered", 3), ("numbered", 3), ("numbered", 3),
    ]  # fmt: skip


def test_more_news_than_was_looked_for_is_read(streams: CountingStreams, recent: Recent) -> None:
    streams.store(1)
    for _ in range(2):
        seqs(recent)
    streams.store(5)
    assert seqs(recent) == [6, 5, 4, 3, 2, 1]
    streams.store(2)
    assert seqs(recent) == [8, 7, 6, 5, 4, 3, 2, 1]
    assert seqs(recent) == [8, 7, 6, 5, 4, 3, 2, 1]


def test_what_was_asked_for_long_ago_is_read_and_not_looked_for(
    streams: CountingStreams, recent: Recent
) -> None:
    streams.store(1)
    for _ in range(2):
        seqs(recent)
    streams.asked_for()
    streams.clock.advance(FRESH_MS)
    streams.store(1)
    assert seqs(recent) == [2, 1]
    assert streams.asked_for() == [("after", 1)]


def test_a_stream_that_was_empty_is_asked_again(streams: CountingStreams, recent: Recent) -> None:
    assert seqs(recent) == []
    streams.store()
    assert seqs(recent) == [1]


def test_what_has_expired_meanwhile_is_not_there(streams: CountingStreams, recent: Recent) -> None:
    streams.store(2)
    streams.store(ttl_ms=1000)
    assert seqs(recent) == [3, 2, 1]
    streams.clock.advance(1000)
    assert seqs(recent) == [2, 1]


def test_nothing_is_missed_behind_what_had_expired(
    streams: CountingStreams, recent: Recent
) -> None:
    streams.store(3, ttl_ms=1000)
    streams.clock.advance(1000)
    assert seqs(recent) == []
    streams.store()
    assert seqs(recent) == [4]


def test_a_users_own_streams_are_kept_as_well(streams: CountingStreams, recent: Recent) -> None:
    for stream in (OWN, Pattern("user:alice:loans")):
        streams.store(2, stream)
        assert seqs(recent, stream) == seqs(recent, stream) == [2, 1]
        assert streams.asked_for() == [("before", 2), ("begun", 1), ("after", 0)]


def test_bodies_are_not_kept(streams: CountingStreams, recent: Recent) -> None:
    streams.store()
    (bare,) = rows(recent)
    (whole,) = streams.before(GENERAL, None, 1, streams.clock()).notifications
    assert (bare.frame.title, bare.frame.message, bare.frame.data) == ("", "", {})
    assert (whole.frame.title, whole.frame.data) == ("Title", {"loan": 12})


def test_it_is_read_as_far_back_as_anybody_asks(streams: CountingStreams, recent: Recent) -> None:
    streams.store(3 * READ_PAGE)
    first = next(recent.bare([GENERAL])[GENERAL])
    assert (first.through, first.more) == (2 * READ_PAGE + 1, True)
    assert len(seqs(recent)) == len(seqs(recent)) == 3 * READ_PAGE
    assert [each for each in streams.asked_for() if each[0] == "before"] == [
        ("before", READ_PAGE)
    ] * 3


def test_it_is_never_read_further_than_an_inbox_goes(
    streams: CountingStreams, recent: Recent
) -> None:
    streams.store(MAX_ENTRIES + 1)
    assert len(seqs(recent)) == MAX_ENTRIES
    streams.store(5)
    assert seqs(recent) == list(range(MAX_ENTRIES + 6, 6, -1))


def test_it_is_not_read_on_without_end_where_everything_has_expired(
    streams: CountingStreams, recent: Recent
) -> None:
    streams.store(MAX_ENTRIES + READ_PAGE, ttl_ms=1000)
    streams.clock.advance(1000)
    assert seqs(recent) == []
    assert len(streams.asked_for()) == MAX_ENTRIES // READ_PAGE


def test_after_very_much_news_it_is_read_anew(streams: CountingStreams, recent: Recent) -> None:
    streams.store(3)
    seqs(recent)
    streams.store(2 * READ_PAGE)
    assert seqs(recent) == list(range(2 * READ_PAGE + 3, 0, -1))


def test_after_a_while_it_is_read_anew(streams: CountingStreams, recent: Recent) -> None:
    streams.store(3)
    seqs(recent)
    streams.clock.advance(KEPT_MS)
    seqs(recent)
    assert streams.asked_for() == [("before", 3), ("before", 3)]


@pytest.mark.parametrize(("number", "excluded"), [(12, 0), (4, 20)])
def test_what_was_not_asked_for_the_longest_is_forgotten_first(
    streams: CountingStreams, number: int, excluded: int
) -> None:
    recent = Recent(streams, streams.clock, max_weight=30)
    a, b, c = Pattern("role:a"), Pattern("role:b"), Pattern("role:c")
    for stream in (a, b, c):
        streams.store(number, stream, excluded=excluded)
    for stream in (a, b, a, c):
        seqs(recent, stream)
    streams.asked_for()
    for stream in (a, c, b):
        seqs(recent, stream)
    asked = [name for name, _ in streams.asked_for()]
    assert asked == ["numbered", "begun", "after", "before"]


def test_what_is_too_much_to_keep_is_read_all_the_same(streams: CountingStreams) -> None:
    recent = Recent(streams, streams.clock, max_weight=2)
    streams.store(3)
    assert seqs(recent) == seqs(recent) == [3, 2, 1]


stored = st.tuples(st.integers(1, 260), st.sampled_from([1000, HOUR_MS]))
passing = st.integers(0, 1500)
pages_read = st.sampled_from(["one", "all"])


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(stored | passing | pages_read, max_size=8))
def test_whatever_happens_in_between_it_is_what_is_stored(
    steps: list[tuple[int, int] | int | str],
) -> None:
    streams = CountingStreams(Memory())
    warm = Recent(streams, streams.clock)
    for step in (*steps, "all"):
        if isinstance(step, tuple):
            streams.store(step[0], ttl_ms=step[1])
        elif isinstance(step, int):
            streams.clock.advance(step)
        elif step == "one":
            next(warm.bare([GENERAL])[GENERAL])
        elif len(streams.before(GENERAL, None, MAX_ENTRIES + 1, 0).notifications) <= MAX_ENTRIES:
            whole = streams.before(GENERAL, None, MAX_ENTRIES, streams.clock())
            assert seqs(warm) == [row.frame.seq for row in whole.notifications]


class RemovingStreams(CountingStreams):
    """What has expired is removed at once, as DynamoDB may do it."""

    def _there(self, stream: Pattern) -> list[StoredNotification]:
        rows = self._memory.streams.get(stream, [])
        return [row for row in rows if row.expires_at > self.clock()]

    def after(self, stream: Pattern, seq: int, limit: int, now: int) -> StreamPage:
        rows = [row for row in self._there(stream) if (row.frame.seq or 0) > seq][:limit]
        return StreamPage(tuple(rows), _seq(rows, seq), len(rows) == limit)

    def before(self, stream: Pattern, seq: int | None, limit: int, now: int) -> StreamPage:
        newest_first = reversed(self._there(stream))
        rows = [row for row in newest_first if seq is None or (row.frame.seq or 0) < seq][:limit]
        return StreamPage(tuple(rows), _seq(rows, 1), len(rows) == limit)

    def numbered(
        self, places: Collection[tuple[Pattern, int]]
    ) -> Mapping[tuple[Pattern, int], StoredNotification]:
        found = super().numbered(places)
        return {place: row for place, row in found.items() if row.expires_at > self.clock()}


def _seq(rows: list[StoredNotification], instead: int) -> int:
    return rows[-1].frame.seq or 0 if rows else instead


lives = st.sampled_from([60_000, 90_000, HOUR_MS])
seconds = st.sampled_from([1, 10, 29, 30, 31, 59, 61, 200])


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 3), lives, st.booleans(), seconds), max_size=20))
@example([(1, 60_000, False, 61), *2 * [(0, 60_000, True, 1)], (1, 60_000, True, 1)])
def test_nothing_is_missed_among_what_is_removed(
    steps: list[tuple[int, int, bool, int]],
) -> None:
    streams = RemovingStreams(Memory())
    recent = Recent(streams, streams.clock)
    for number, ttl_ms, look, passing in steps:
        streams.store(number, ttl_ms=ttl_ms)
        there = streams.before(GENERAL, None, MAX_ENTRIES, 0).notifications
        assert not look or seqs(recent) == [row.frame.seq for row in there]
        streams.clock.advance(passing * 1000)


def test_a_kept_notification_is_else_as_it_was(streams: CountingStreams, recent: Recent) -> None:
    streams.store(excluded=2)
    (whole,) = streams.before(GENERAL, None, 1, streams.clock()).notifications
    (bare,) = rows(recent)
    bodiless = msgspec.structs.replace(whole.frame, title="", message="", data={})
    assert (bare.frame, bare.at, bare.expires_at, bare.excluded) == (
        bodiless, whole.at, whole.expires_at, whole.excluded,
    )  # fmt: skip


# Watermarks


def test_watermarks_are_known_for_a_while() -> None:
    clock = Memory().clock
    known, alice = KnownWatermarks(clock), Username("alice")
    assert known.get(alice) is None
    known.keep(alice, Watermarks(7))
    assert known.get(alice) == Watermarks(7)
    clock.advance(KEPT_MS)
    assert known.get(alice) is None


def test_of_many_the_longest_known_are_forgotten() -> None:
    known = KnownWatermarks(Memory().clock, most=2)
    for name in ("a", "b", "a", "c"):
        known.keep(Username(name), Watermarks(1))
    assert [known.get(Username(name)) is not None for name in "abc"] == [True, False, True]
