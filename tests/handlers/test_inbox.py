from typing import Any

import pytest

from handlers import broadcast, inbox, send
from infra import wiring
from infra.stores.users import DynamoUsers
from infra.tables import InboxRow
from notify.model import Username
from tests import events
from tests.handlers.conftest import Service, answer

SAID = {"notification_type": "approved", "title": "Approved", "message": "Loan #12"}
HANDLERS = {"/notifications/broadcast": broadcast, "/notifications/send-realtime": send}
Call = dict[str, Any]


def post(service: Service, route: str, body: object, by: str = "alice", *roles: str) -> Call:
    event = events.request(f"POST /api/v1{route}", body, service.token(by, *roles))
    response: Call = HANDLERS.get(route, inbox).handler(event, events.CONTEXT)
    return response


def notify(service: Service, name: str = "alice", **fields: Any) -> str:
    body = {"user_id": name, **SAID, **fields}
    return str(
        answer(post(service, "/notifications/send-realtime", body, "root", "admin"))[
            "notification_id"
        ]
    )


def read(service: Service, by: str = "alice", *roles: str, **query: str) -> Call:
    event = events.request(
        "GET /api/v1/inbox", None, service.token(by, *roles), query=query or None
    )
    return inbox.handler(event, events.CONTEXT)


def test_an_inbox_has_what_was_sent_and_broadcast_newest_first(heliograph: Service) -> None:
    own = notify(heliograph, data={"loan_id": 12})
    body = {"pattern": "role:member", **SAID, "title": "All"}
    post(heliograph, "/notifications/broadcast", body, "root", "admin")
    response = read(heliograph, "alice", "member")
    page = answer(response)
    assert response["statusCode"] == 200
    assert [entry["title"] for entry in page["entries"]] == ["All", "Approved"]
    assert page["page"] == {"next_cursor": None, "has_more": False}
    assert page["counts"] == {"unread": 2, "unseen": 2, "total": 2}
    entry = page["entries"][1]
    assert (entry["id"], entry["data"], entry["read_at"]) == (own, {"loan_id": 12}, None)
    assert answer(read(heliograph))["counts"]["total"] == 1


def test_pages_follow_by_their_cursor(heliograph: Service) -> None:
    ids = [notify(heliograph) for _ in range(3)]
    first = answer(read(heliograph, limit="2"))
    assert first["page"]["has_more"] is True
    second = answer(read(heliograph, limit="2", cursor=first["page"]["next_cursor"]))
    listed = [entry["id"] for page in (first, second) for entry in page["entries"]]
    assert listed == ids[::-1]
    assert second["page"] == {"next_cursor": None, "has_more": False}


def test_what_is_marked_is_listed_and_counted_so(heliograph: Service) -> None:
    first, second = notify(heliograph), notify(heliograph)
    body = {"ids": [first, "unknown"], "state": "read"}
    marked = post(heliograph, "/inbox/mark", body)
    assert answer(marked) == {"count": 1, "unread": 1, "unseen": 1, "total": 2}
    unread, done = (answer(read(heliograph, status=status)) for status in ("unread", "read"))
    assert [entry["id"] for entry in unread["entries"]] == [second]
    assert [entry["id"] for entry in done["entries"]] == [first]
    assert done["entries"][0]["read_at"] == done["entries"][0]["seen_at"]


def test_a_mark_all_is_answered_with_the_counts(heliograph: Service) -> None:
    for _ in range(3):
        notify(heliograph)
    marked = post(heliograph, "/inbox/mark-all", {"state": "seen"})
    assert answer(marked) == {"unread": 3, "unseen": 0, "total": 3}
    body = {"state": "archived", "before": "2026-01-01T00:00:00Z"}
    assert answer(post(heliograph, "/inbox/mark-all", body))["total"] == 3
    assert answer(post(heliograph, "/inbox/mark-all", {"state": "archived"}))["total"] == 0
    assert len(list(InboxRow.query("alice"))) == 1


@pytest.mark.parametrize(
    ("route", "body", "detail"),
    [
        ("/inbox/mark", {"ids": [], "state": "read"}, "ids: expected `array` of length >= 1"),
        ("/inbox/mark", {"ids": ["a"], "state": "new"}, "state: invalid enum value 'new'"),
        ("/inbox/mark", {"ids": ["a"]}, "state: required"),
        (
            "/inbox/mark-all",
            {"state": "unread"},
            "state: all can be marked seen, read or archived; unread only by id",
        ),
        ("/inbox/mark-all", {"state": "read", "before": "now"}, "before: invalid RFC3339"),
    ],
)
def test_a_bad_mark_is_422_and_writes_nothing(
    heliograph: Service, route: str, body: object, detail: str
) -> None:
    notify(heliograph)
    response = post(heliograph, route, body)
    assert response["statusCode"] == 422
    assert answer(response)["detail"].startswith(detail)
    assert list(InboxRow.query("alice")) == []


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"limit": "101"}, "limit: "),
        ({"limit": "many"}, "limit: "),
        ({"status": "unread,read"}, "status: "),
        ({"cursor": "made up"}, "cursor: not one that a page of the inbox ended with"),
    ],
)
def test_a_bad_query_is_422(heliograph: Service, query: dict[str, str], detail: str) -> None:
    response = read(heliograph, **query)
    assert response["statusCode"] == 422
    assert answer(response)["detail"].startswith(detail)


def test_without_a_token_it_is_401(heliograph: Service) -> None:
    for route in ("GET /api/v1/inbox", "POST /api/v1/inbox/mark", "POST /api/v1/inbox/mark-all"):
        response = inbox.handler(events.request(route), events.CONTEXT)
        assert response["statusCode"] == 401


def test_nobody_reads_or_marks_what_is_anothers(heliograph: Service) -> None:
    theirs = notify(heliograph, "bob")
    assert answer(read(heliograph, "root", "admin"))["entries"] == []
    body = {"ids": [theirs], "state": "archived"}
    assert answer(post(heliograph, "/inbox/mark", body, "root", "admin"))["count"] == 0
    assert answer(read(heliograph, "bob"))["counts"]["total"] == 1


def test_the_next_user_of_a_name_begins_with_an_empty_inbox(heliograph: Service) -> None:
    notify(heliograph)
    DynamoUsers().remove(Username("alice"), wiring.clock() - 10_000)
    heliograph.add_user("alice")
    assert answer(read(heliograph))["counts"] == {"unread": 0, "unseen": 0, "total": 0}


def test_a_mark_is_told_to_the_devices_and_welcome_and_frames_carry_counts(
    heliograph: Service,
) -> None:
    for connection_id, name in (("phone", "alice"), ("laptop", "alice"), ("bobs", "bob")):
        heliograph.connect(connection_id, heliograph.token(name))
    one = notify(heliograph)
    (pushed,) = heliograph.gateway.frames("laptop")
    (marked,) = heliograph.say("phone", {"type": "mark", "id": 1, "ids": [one], "state": "seen"})
    post(heliograph, "/inbox/mark-all", {"state": "read"})
    (welcome,) = heliograph.say("phone", {"type": "hello"})
    assert (pushed["unread"], pushed["unseen"]) == (1, 1)
    assert marked == {"type": "marked", "id": 1, "count": 1, "unread": 1, "unseen": 0}
    assert [frame["type"] for frame in heliograph.gateway.frames("laptop")] == [
        "notification",
        *["notification_updated", "unread_count_changed"] * 2,
    ]
    assert (welcome["unread"], welcome["unseen"]) == (0, 0)
    assert heliograph.gateway.frames("bobs") == []


def test_reads_and_marks_have_a_limit(heliograph: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    notify(heliograph)
    monkeypatch.setenv("READS_PER_MINUTE", "20")
    wiring.reset()
    reads = [read(heliograph) for _ in range(3)]
    assert [response["statusCode"] for response in reads] == [200, 200, 429]
    assert reads[0]["headers"]["ratelimit-remaining"] == "10"
    many = {"ids": [str(number) for number in range(11)], "state": "seen"}
    marks = [
        post(heliograph, "/inbox/mark-all", {"state": "seen"}),
        post(heliograph, "/inbox/mark", many),
        post(heliograph, "/inbox/mark", {"ids": ["1"], "state": "seen"}),
    ]
    assert [response["statusCode"] for response in marks] == [200, 429, 429]
    assert marks[0]["headers"]["ratelimit-remaining"] == "10"
    assert read(heliograph, "bob")["statusCode"] == 200
