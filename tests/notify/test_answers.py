import json
from typing import Any

import msgspec

from notify.answers.accounts import login_answer, me_answer, user_answer
from notify.answers.broadcasts import progress_answer
from notify.answers.inbox import inbox_answer, mark_answer
from notify.answers.presence import presence_answer, topic_presence_answer
from notify.answers.publishing import (
    BroadcastAnswer,
    QueuedBroadcastAnswer,
    broadcast_answer,
    send_answer,
)
from notify.answers.stats import stats_answer
from notify.broadcasts import BroadcastResult
from notify.entries import Entry, InboxCounts
from notify.frames import NotificationFrame, Sender, StoredNotification, encode
from notify.inbox import InboxPage, Marking
from notify.logins import Grant
from notify.model import Pattern, Principal, Topic, User, Username
from notify.parts import BroadcastJob
from notify.ports import Totals
from notify.presence import Attendance, Attendances
from notify.progress import Progress
from notify.sends import SendResult, UserResult
from notify.stats import Stats
from tests.fakes import NOW

ALICE = User(Username("alice"), "$2b$04$secret", frozenset({"member", "editor"}), "acme")


def body(answer: object) -> Any:
    return json.loads(msgspec.json.encode(answer))


def test_a_login_answers_a_bearer_token_and_whose_it_is() -> None:
    assert body(login_answer(Grant("jwt", 3600, "rt_x", ALICE))) == {
        "access_token": "jwt",
        "refresh_token": "rt_x",
        "token_type": "bearer",
        "expires_in": 3600,
        "user": {"user_id": "alice", "roles": ["editor", "member"], "tenant": "acme"},
    }


def test_an_account_is_shown_without_anything_secret() -> None:
    assert body(user_answer(ALICE)) == {
        "user_id": "alice",
        "roles": ["editor", "member"],
        "tenant": "acme",
        "disabled": False,
    }


def test_me_is_what_the_token_says() -> None:
    principal = Principal(Username("alice"), frozenset({"b", "a"}), None, NOW)
    assert body(me_answer(principal)) == {
        "user_id": "alice",
        "roles": ["a", "b"],
        "tenant": None,
        "token_expires_at": "2026-01-01T00:00:00.000Z",
    }


def test_a_send_is_answered_per_user() -> None:
    result = SendResult("ntf_1", "delivered", [UserResult(Username("alice"), 7, 2, 2, 0)])
    assert body(send_answer(result)) == {
        "success": True,
        "message": "Real-time notification sent",
        "notification_id": "ntf_1",
        "status": "delivered",
        "results": [{"user_id": "alice", "seq": 7, "connections": 2, "delivered": 2, "gone": 0}],
    }


def test_a_broadcast_that_is_done_is_answered_with_its_numbers() -> None:
    answer = broadcast_answer(BroadcastResult(Pattern("role:admin"), "ntf_1", 6, 3, 2, 1))
    assert isinstance(answer, BroadcastAnswer)
    assert body(answer) == {
        "success": True,
        "message": "Notification broadcasted to pattern role:admin",
        "pattern": "role:admin",
        "notification_id": "ntf_1",
        "recipients": 6,
        "delivered": 3,
        "gone": 2,
        "failed": 1,
        "dry_run": False,
    }


def test_a_broadcast_in_the_queue_is_answered_with_an_estimate() -> None:
    result = BroadcastResult(
        Pattern("*"), "ntf_1", 45_000, broadcast_id="bc_1", estimated_seconds=45
    )
    answer = broadcast_answer(result)
    assert isinstance(answer, QueuedBroadcastAnswer)
    assert body(answer) == {
        "success": True,
        "message": "Notification queued for pattern *",
        "pattern": "*",
        "notification_id": "ntf_1",
        "broadcast_id": "bc_1",
        "status": "queued",
        "estimated_recipients": 45_000,
        "estimated_seconds": 45,
    }


def test_the_progress_of_a_broadcast_is_answered_with_its_state() -> None:
    job = BroadcastJob(
        "bc_1", Username("root"), Pattern("*"), "ntf_1", NOW, None, 45_000, shards=9, started_at=NOW
    )
    assert body(progress_answer(Progress(job, 3, 10_000, 5, 1, 35))) == {
        "broadcast_id": "bc_1",
        "state": "running",
        "pattern": "*",
        "notification_id": "ntf_1",
        "shards": {"total": 9, "done": 3},
        "delivered": 10_000,
        "gone": 5,
        "failed": 1,
        "eta_seconds": 35,
        "created_at": "2026-01-01T00:00:00.000Z",
    }


def test_a_dry_run_says_that_nothing_was_sent() -> None:
    answer = broadcast_answer(BroadcastResult(Pattern("*"), "ntf_1", 9, dry_run=True))
    assert isinstance(answer, BroadcastAnswer)
    assert (answer.dry_run, answer.recipients, answer.delivered) == (True, 9, 0)
    assert answer.message == "Nothing sent: a dry run for *"


def test_stats_have_the_names_that_the_first_clients_know() -> None:
    totals = Totals(3, 2, 5, {"sent": 1, "delivered": 2, "gone": 0, "failed": 0})
    assert body(stats_answer(Stats(totals, {"alice": 2, "bob": 1}, running=1, queued=4), NOW)) == {
        "websocket_connections": 3,
        "user_connections": 2,
        "topics": 5,
        "pubsub_stats": {
            "active_subscribers": 2,
            "total_connections": 3,
            "subscribers_by_user": {"alice": 2, "bob": 1},
            "redis_available": False,
        },
        "counters": {"sent": 1, "delivered": 2, "gone": 0, "failed": 0},
        "broadcasts": {"running": 1, "queued": 4},
        "timestamp": "2026-01-01T00:00:00.000Z",
    }


def test_an_entry_of_the_inbox_is_its_notification_and_when_what_was_done() -> None:
    frame = NotificationFrame(
        "ntf_1", "t", "T", "m", "low", {"a": 1}, Sender("bob", ["admin"]), "now",
        "general", "general", "e", 7, "then", "key", "corr", unread=3, unseen=2,
    )  # fmt: skip
    entry = Entry(StoredNotification(frame, NOW, NOW + 1), NOW, NOW + 1, None)
    answer = body(inbox_answer(InboxPage([entry], "more", InboxCounts(1, 2, 3))))
    said = json.loads(encode(frame))
    kept = {name: said[name] for name in said.keys() - {"type", "unread", "unseen", "replay"}}
    assert answer["entries"] == [
        {
            **kept,
            "seen_at": "2026-01-01T00:00:00.000Z",
            "read_at": "2026-01-01T00:00:00.001Z",
            "archived_at": None,
        }
    ]
    assert answer["page"] == {"next_cursor": "more", "has_more": True}
    assert answer["counts"] == {"unread": 1, "unseen": 2, "total": 3}


def test_the_last_page_of_an_inbox_says_so() -> None:
    answer = body(inbox_answer(InboxPage([], None, InboxCounts())))
    assert answer["page"] == {"next_cursor": None, "has_more": False}


def test_a_mark_is_answered_with_how_many_and_the_counts() -> None:
    answer = body(mark_answer(Marking(["a", "b"], InboxCounts(1, 2, 3), [])))
    assert answer == {"count": 2, "unread": 1, "unseen": 2, "total": 3}


def test_who_is_not_online_has_been_so_since_never() -> None:
    users = [Attendance(Username("alice"), 2, NOW), Attendance(Username("bob"), 0, None)]
    assert body(presence_answer(users))["users"] == [
        {
            "user_id": "alice",
            "online": True,
            "connections": 2,
            "since": "2026-01-01T00:00:00.000Z",
        },
        {"user_id": "bob", "online": False, "connections": 0, "since": None},
    ]


def test_a_topic_says_who_is_in_it_and_whether_that_is_all() -> None:
    users = [Attendance(Username("alice"), 2, NOW)]
    found = Attendances(Topic(Pattern("room:1")), 300, users, truncated=True)
    assert body(topic_presence_answer(found)) == {
        "topic": "room:1",
        "count": 300,
        "users": [{"user_id": "alice", "connections": 2, "since": "2026-01-01T00:00:00.000Z"}],
        "truncated": True,
    }
