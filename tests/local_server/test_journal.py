"""What passed through, by kind and in order."""

import pytest

from local_server.clock import Milliseconds
from local_server.ids import ConnectionId
from local_server.journal import (
    ENTRIES,
    Closed,
    Entry,
    Frame,
    Invocation,
    Journal,
    Opened,
    Post,
    closed_journal,
)

AT = Milliseconds(1)
C = ConnectionId("c")


def filled() -> tuple[Journal, list[Entry]]:
    journal = Journal()
    entries: list[Entry] = [
        Opened(AT, C, "key"),
        Frame(AT, C, "in", b"hello"),
        Invocation(AT, "f", {}, "null", None),
        Post(AT, C, "POST", 200),
        Closed(AT, C, 1000, ""),
    ]
    for entry in entries:
        journal.add(entry)
    return journal, entries


def test_entries_are_found_by_their_kind() -> None:
    journal, entries = filled()
    kinds = [journal.frames, journal.invocations, journal.posts, journal.closings]
    assert kinds == [[entry] for entry in entries[1:]]
    assert list(journal.entries) == entries


def test_a_connection_is_found_by_the_key_of_its_handshake() -> None:
    journal, _ = filled()
    assert journal.connection_of("key") == C
    with pytest.raises(LookupError, match="no connection"):
        journal.connection_of("other")


def test_a_listener_hears_of_each_entry_as_it_comes() -> None:
    journal = Journal()
    heard: list[Entry] = []
    journal.listeners.append(heard.append)
    journal.add(Post(AT, C, "GET", 410))
    assert heard == [Post(AT, C, "GET", 410)]


def test_old_entries_make_room() -> None:
    journal = Journal()
    for status in range(ENTRIES + 1):
        journal.add(Post(AT, C, "GET", status))
    assert len(journal.entries) == ENTRIES
    assert journal.posts[0].status == 1


def test_what_is_no_utf8_can_be_read_all_the_same() -> None:
    assert Frame(AT, C, "out", b"a\xff").text == "a�"


def test_a_closed_journal_keeps_nothing_for_itself() -> None:
    journal = closed_journal()
    assert (journal.is_open, journal.is_detailed) == (False, False)
    journal.add(Post(AT, C, "GET", 200))
    assert list(journal.entries) == []
