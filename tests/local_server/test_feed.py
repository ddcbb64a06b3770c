"""The time line: numbered, bounded, and closed when it is too much."""

import json
from typing import Any

import pytest

from local_server.clock import Milliseconds
from local_server.feed import KEPT_ENTRIES, MESSAGE_BYTES, SEEN, UNSEEN, Feed, encoded
from local_server.ids import ConnectionId
from local_server.journal import (
    Answered,
    Batch,
    Began,
    Closed,
    Entry,
    Frame,
    Invocation,
    Journal,
    Line,
    Moved,
    Opened,
    Post,
    Struck,
    TurnedAway,
    closed_journal,
)

AT = Milliseconds(1)
C = ConnectionId("c")


def line(text: str) -> Line:
    return Line(AT, "r", "f", text)


def texts(feed: Feed, after: int = 0) -> tuple[int, list[Any]]:
    """All of them, however many messages that takes."""
    first, entries = feed.after(after)
    while more := feed.after(first - 1 + len(entries))[1]:
        entries += more
    return first, [json.loads(entry).get("text") for entry in entries]


def test_entries_are_read_from_any_position_on() -> None:
    journal = closed_journal()
    feed = Feed(journal)
    for text in "abc":
        journal.add(line(text))
    assert texts(feed) == (1, ["a", "b", "c"])
    assert texts(feed, 2) == (3, ["c"])
    assert texts(feed, 3) == (4, [])
    assert feed.end == 3


def test_a_message_holds_so_many_entries_and_one_however_large() -> None:
    feed = Feed(journal := closed_journal())
    journal.add(line("a" * 2 * MESSAGE_BYTES))
    for _ in range(5):
        journal.add(line("b" * (MESSAGE_BYTES // 3)))
    sizes = [len(feed.after(position)[1]) for position in (0, 1, 3, 5, 6)]
    assert sizes == [1, 2, 2, 1, 0]


def test_a_watcher_hears_of_each_until_it_leaves() -> None:
    feed = Feed(journal := closed_journal())
    heard: list[int] = []

    def watcher() -> None:
        heard.append(feed.end)

    feed.watch(watcher)
    journal.add(line("a"))
    feed.leave(watcher)
    journal.add(line("b"))
    assert heard == [1]


@pytest.mark.parametrize(("watched", "room"), [(False, UNSEEN), (True, SEEN)])
def test_what_is_too_much_closes_the_journal_until_there_is_room_again(
    watched: bool, room: int
) -> None:
    feed = Feed(journal := closed_journal())
    if watched:
        feed.watch(lambda: None)
    for _ in range(room):
        assert journal.is_open
        assert journal.is_detailed
        journal.add(line("a"))
    assert (journal.is_open, journal.is_detailed) == (False, False)
    journal.add(line("not kept"))
    assert feed.end == room
    feed.refill()
    assert (journal.is_open, journal.is_detailed) == (True, True)
    assert json.loads(feed.after(room)[1][0]) == {"kind": "gap"}


def test_a_tests_own_journal_stays_open() -> None:
    feed = Feed(journal := Journal())
    for _ in range(UNSEEN + 1):
        journal.add(line("a"))
    assert (journal.is_open, journal.is_detailed) == (True, False)
    assert (len(journal.entries), feed.end) == (UNSEEN + 1, UNSEEN)


def test_old_entries_make_room_and_positions_stay() -> None:
    feed = Feed(journal := closed_journal())
    for number in range(KEPT_ENTRIES + 1):
        journal.add(line(str(number)))
        feed.refill()
    first, kept = texts(feed)
    assert first > 1
    assert kept[0] == str(first - 1)
    assert (kept[-1], feed.end) == (str(KEPT_ENTRIES), KEPT_ENTRIES + 1)


def test_large_entries_make_room_earlier() -> None:
    feed = Feed(journal := closed_journal(), most_bytes=1000)
    for number in range(10):
        journal.add(line(f"{number}" * 200))
    first, kept = texts(feed)
    assert (first, len(kept)) == (8, 3)
    journal.add(line("x" * 2000))
    assert texts(feed) == (12, [])


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (Frame(AT, C, "in", b"a\xff"), {"kind": "frame", "direction": "in", "text": "a�"}),
        (Opened(AT, C, "k", "127.0.0.1"), {"kind": "opened", "source_ip": "127.0.0.1"}),
        (Closed(AT, C, 1001, "away"), {"kind": "closed", "code": 1001, "reason": "away"}),
        (TurnedAway(AT, C, 401), {"kind": "refused", "status": 401}),
        (Began(AT, "r", "f", {"a": "\ud800"}), {"kind": "event", "event": {"a": "\ud800"}}),
        (
            Invocation(AT, "f", {"not": "again"}, "null", None, "r", 1.5),
            {"kind": "answer", "answer": "null", "error": None, "request_id": "r", "ms": 1.5},
        ),
        (
            Invocation(AT, "f", {}, None, "E: x", "r", 1.5, "Traceback …"),
            {"kind": "answer", "answer": None, "error": "E: x", "traceback": "Traceback …"},
        ),
        (line("x"), {"kind": "log", "request_id": "r", "function": "f", "text": "x"}),
        (Post(AT, C, "POST", 410), {"kind": "post", "method": "POST", "status": 410}),
        (Answered(AT, "a", "GET", "/p", "f", 200, 2.0), {"kind": "http", "path": "/p"}),
        (Batch(AT, "queue", "q", "f", 3, 2), {"kind": "batch", "source": "queue", "done": 2}),
        (Struck(AT, 1, "post-gone", "c", None, None), {"kind": "fault", "fault": "post-gone"}),
        (Moved(AT, 60, 60_000), {"kind": "clock", "seconds": 60, "ahead_ms": 60_000}),
    ],
)
def test_each_kind_is_told_as_json(entry: Entry, told: dict[str, Any]) -> None:
    content = json.loads(encoded(entry))
    assert told.items() <= content.items()
    assert content["at"] == 1
    assert "not" not in content.get("event", {})
