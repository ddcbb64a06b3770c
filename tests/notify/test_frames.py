import json

import msgspec

from notify.errors import InternalError, Revoked, Rollover, TokenExpired, Unavailable
from notify.frames import (
    MAX_NOTIFICATION_BYTES,
    SPREAD_MS,
    Disconnect,
    ErrorFrame,
    NotificationFrame,
    NotificationUpdated,
    Pong,
    PresenceJoin,
    PresenceLeave,
    PresenceState,
    PresentUser,
    Sender,
    Subscribed,
    encode,
    error_frame,
    farewell,
)
from notify.marks import State
from notify.model import ConnectionId
from notify.noticing import LEAVE_SECONDS
from tests.fakes import NOW


def test_an_id_that_was_not_given_is_not_echoed() -> None:
    assert json.loads(encode(Pong("now"))) == {"type": "pong", "timestamp": "now"}


def test_a_pong_echoes_the_id() -> None:
    expected = {"type": "pong", "timestamp": "now", "id": 7}
    assert json.loads(encode(Pong("now", id=7))) == expected


def test_subscribed_names_the_topic_twice_for_the_first_clients() -> None:
    frame = json.loads(encode(Subscribed("a:*", "a:*", "e", 3, "now", id="s")))
    assert frame == {
        "type": "subscribed",
        "id": "s",
        "topic": "a:*",
        "pattern": "a:*",
        "epoch": "e",
        "seq": 3,
        "timestamp": "now",
        "streams": {},
    }


def test_a_state_lists_the_users() -> None:
    frame = PresenceState("room:1", 1, [PresentUser("alice", 2, "now")], False, id="p")
    assert json.loads(encode(frame)) == {
        "type": "presence_state",
        "id": "p",
        "topic": "room:1",
        "count": 1,
        "users": [{"user_id": "alice", "connections": 2, "since": "now"}],
        "truncated": False,
    }


def test_who_comes_and_who_leaves_are_told_apart_by_the_type_alone() -> None:
    join, leave = (
        json.loads(encode(kind("room:1", "alice", 3, "now")))
        for kind in (PresenceJoin, PresenceLeave)
    )
    said = {"topic": "room:1", "user_id": "alice", "count": 3, "at": "now"}
    assert join == {"type": "presence_join", **said}
    assert leave == {"type": "presence_leave", **said}


def test_an_error_frame_has_the_fields_of_the_contract() -> None:
    frame = json.loads(encode(error_frame(Unavailable("try again"), NOW, "2", "build:42")))
    assert frame == {
        "type": "error",
        "id": "2",
        "code": 4503,
        "name": "unavailable",
        "message": "try again",
        "topic": "build:42",
        "temporary": True,
        "retry_after_ms": None,
        "fatal": False,
        "timestamp": "2026-01-01T00:00:00.000Z",
    }


def test_a_fatal_error_says_so() -> None:
    frame = error_frame(TokenExpired(), NOW)
    assert (frame.code, frame.name, frame.fatal) == (4002, "token_expired", True)


def test_a_bug_is_told_without_its_text() -> None:
    frame = error_frame(InternalError(), NOW, "9")
    assert isinstance(frame, ErrorFrame)
    assert (frame.code, frame.name, frame.temporary, frame.fatal, frame.id) == (
        4500,
        "internal",
        True,
        False,
        "9",
    )


def test_a_notification_keeps_its_own_type_beside_the_frame_type() -> None:
    frame = NotificationFrame(
        "ntf_1", "application_approved", "Approved", "Loan #12", "high", {"loan_id": 12},
        Sender("bob", ["manager"]), "now", "user:alice", "user:alice", "k3", 45,
    )  # fmt: skip
    assert json.loads(encode(frame)) == {
        "type": "notification",
        "id": "ntf_1",
        "notification_type": "application_approved",
        "title": "Approved",
        "message": "Loan #12",
        "priority": "high",
        "data": {"loan_id": 12},
        "sender": {"id": "bob", "roles": ["manager"]},
        "timestamp": "now",
        "stream": "user:alice",
        "topic": "user:alice",
        "epoch": "k3",
        "seq": 45,
        "expires_at": None,
        "collapse_key": None,
        "correlation_id": None,
        "unread": None,
        "unseen": None,
        "replay": False,
    }


def test_whatever_grows_on_its_way_fits_into_one_frame_of_the_gateway() -> None:
    """A notification's size is checked before it has an id, a number and counts."""
    small = NotificationFrame(
        "", "t", "T", "m", "low", {}, Sender("a", []), "", "s", "s", None, None
    )
    grown = msgspec.structs.replace(
        small,
        id="ntf_" + 28 * "f",
        epoch=8 * "f",
        seq=10**15,
        unread=10**6,
        unseen=10**6,
        correlation_id=128 * '"',
        replay=True,
    )
    growth = len(encode(grown)) - len(encode(small))
    assert MAX_NOTIFICATION_BYTES + growth <= 32 * 1024


def test_marks_are_told_in_the_words_they_are_made_in() -> None:
    frame = NotificationUpdated(["ntf_1"], State.ARCHIVED, "now")
    assert json.loads(encode(frame)) == {
        "type": "notification_updated",
        "ids": ["ntf_1"],
        "state": "archived",
        "at": "now",
    }
    everything = json.loads(encode(NotificationUpdated(None, State.READ, "now", before=None)))
    assert (everything["ids"], everything["before"]) == (None, None)


def test_who_is_to_come_back_is_told_when() -> None:
    frame = json.loads(encode(farewell(Rollover("maintenance"), ConnectionId("c1"), NOW)))
    assert 0 <= frame.pop("after_ms") < SPREAD_MS
    assert frame == {
        "type": "disconnect",
        "code": 4200,
        "reason": "maintenance",
        "reconnect": True,
    }


def test_who_is_disconnected_together_does_not_come_back_together() -> None:
    thirds = [0, 0, 0]
    for number in range(300):
        frame = farewell(Rollover("maintenance"), ConnectionId(f"c{number}"), NOW)
        assert isinstance(frame, Disconnect)
        thirds[frame.after_ms * 3 // SPREAD_MS] += 1
    assert min(thirds) > 50


def test_who_comes_back_in_time_has_never_left() -> None:
    assert SPREAD_MS < LEAVE_SECONDS * 1000


def test_where_something_is_wrong_the_last_frame_is_an_error() -> None:
    frame = farewell(Revoked("stolen phone"), ConnectionId("c1"), NOW)
    assert frame == error_frame(Revoked("stolen phone"), NOW)
