import datetime
import json

import pytest

from client.answers import Broadcasted, Sent, Stats
from client.display import (
    as_json,
    broadcast_line,
    day_and_time,
    notification_line,
    printable,
    sent_lines,
    stats_table,
    time_of_day,
)
from client.frames import Notification
from client.wire import parse


def notification(**fields: object) -> Notification:
    body = {
        "type": "notification",
        "id": "ntf_1",
        "title": "Approved",
        "message": "Loan #12 approved",
        "priority": "high",
        "topic": "user:alice",
        "sender": {"id": "bob"},
        "timestamp": "2026-01-31T12:00:01.000Z",
        **fields,
    }
    frame = parse(json.dumps(body))
    assert isinstance(frame, Notification)
    return frame


def test_a_notification_is_one_line() -> None:
    line = notification_line(notification(), coloured=False, zone=datetime.UTC)

    assert line == "12:00:01  high    user:alice  Approved — Loan #12 approved  (bob)"


def test_what_is_missing_leaves_no_hole() -> None:
    bare = notification(message="", sender={}, priority="normal")

    line = notification_line(bare, coloured=False, zone=datetime.UTC)

    assert line == "12:00:01  normal  user:alice  Approved"


def test_a_title_cannot_move_the_cursor() -> None:
    hostile = notification(title="\x1b[2Jgone\nnext\r", message="\x07bell")

    line = notification_line(hostile, coloured=False)

    assert line.isprintable()


def test_urgent_is_red_on_a_terminal() -> None:
    line = notification_line(notification(priority="urgent"), coloured=True)

    assert "\x1b[1;31murgent\x1b[0m" in line


@pytest.mark.parametrize("timestamp", ["", "yesterday\n"])
def test_an_odd_time_is_shown_as_it_is(timestamp: str) -> None:
    assert time_of_day(timestamp) == printable(timestamp)


@pytest.mark.parametrize(
    ("receipt", "line"),
    [
        ({"connections": 0}, "alice: not connected"),
        ({"connections": 1, "delivered": 1}, "alice: 1 of 1 connection reached"),
        (
            {"connections": 2, "delivered": 1, "gone": 1},
            "alice: 1 of 2 connections reached, 1 gone",
        ),
    ],
)
def test_a_send_says_what_became_of_it(receipt: dict[str, object], line: str) -> None:
    results = [{"user_id": "alice", **receipt}]

    lines = sent_lines(
        Sent.read({"notification_id": "ntf_1", "status": "partially_delivered", "results": results})
    )

    assert lines == f"partially delivered  ntf_1\n  {line}"


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (
            {"notification_id": "ntf_1", "recipients": 3, "delivered": 2, "gone": 1},
            "sent  ntf_1  role:admin: 3 recipients, 2 reached, 1 gone",
        ),
        (
            {"broadcast_id": "bc_1", "estimated_recipients": 90_000},
            "queued  bc_1  role:admin: about 90,000 recipients",
        ),
        (
            {"recipients": 1, "dry_run": True},
            "dry run  role:admin: 1 recipient, nothing was sent",
        ),
    ],
)
def test_a_broadcast_says_whom_it_reached(body: dict[str, object], line: str) -> None:
    assert broadcast_line(Broadcasted.read({"pattern": "role:admin", **body})) == line


def test_stats_name_who_is_connected() -> None:
    by_user = {"admin": 1, "bo\nb": 1, "carol": 2}

    stats = Stats.read({"pubsub_stats": {"subscribers_by_user": by_user}})

    assert stats_table(stats).splitlines()[-1] == "connected: carol 2, admin 1, bo b 1"


def test_stats_are_aligned() -> None:
    stats = Stats.read({"websocket_connections": 3, "topics": 5, "counters": {"sent": 1200}})

    assert stats_table(stats).splitlines() == [
        "connections      3",
        "users            0",
        "topics           5",
        "sent         1,200",
    ]


def test_json_carries_no_control_character_to_a_terminal() -> None:
    said = as_json({"title": "\x1b[2J\x9b1m\x7f\u202e", "name": "日本"})

    assert said.isprintable()
    assert "日本" in said
    assert json.loads(said)["title"] == "\x1b[2J\x9b1m\x7f\u202e"


@pytest.mark.parametrize("timestamp", ["", "yesterday\n"])
def test_an_odd_day_is_shown_as_it_is(timestamp: str) -> None:
    assert day_and_time(timestamp) == printable(timestamp)


def test_a_day_and_a_time() -> None:
    assert day_and_time("2026-01-31T12:00:01.000Z", datetime.UTC) == "Jan 31 12:00"
