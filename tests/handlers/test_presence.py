from typing import Any

import pytest

from handlers import disconnect, later, presence
from infra import wiring
from notify.jobs import LeaveJob, encode_job
from notify.model import Pattern, Username
from tests import events
from tests.handlers.conftest import Service, answer

USERS = "GET /api/v1/presence"
TOPIC = "GET /api/v1/presence/topics/{topic}"


def of_users(service: Service, names: str | None, *roles: str, by: str = "root") -> dict[str, Any]:
    event = events.request(USERS, token=service.token(by, *roles))
    if names is not None:
        event["queryStringParameters"] = {"user_ids": names}
    return presence.handler(event, events.CONTEXT)


def of_topic(service: Service, topic: str, *roles: str, by: str = "root") -> dict[str, Any]:
    event = events.request(TOPIC, token=service.token(by, *roles), path={"topic": topic})
    return presence.handler(event, events.CONTEXT)


def enter(service: Service, connection_id: str, name: str, topic: str = "room:1") -> None:
    service.connect(connection_id, service.token(name))
    service.say(connection_id, {"type": "subscribe", "topics": [topic]})


def work(service: Service, *bodies: str) -> None:
    """Does what is due of the queue for later, and `bodies`, which is not."""
    for body in [*service.queued("LaterQueue"), *bodies]:
        done = later.handler(events.batch("later", body), events.CONTEXT)
        assert done == {"batchItemFailures": []}


def test_users_are_online_while_they_are_connected(heliograph: Service) -> None:
    heliograph.connect("a1", heliograph.token("alice"))
    heliograph.connect("a2", heliograph.token("alice"))
    users = answer(of_users(heliograph, "bob,alice", "admin"))["users"]
    since = users[1].pop("since")
    assert users == [
        {"user_id": "bob", "online": False, "connections": 0, "since": None},
        {"user_id": "alice", "online": True, "connections": 2},
    ]
    assert since.endswith("Z")


@pytest.mark.parametrize("names", [None, "", "alice,", ",", "no good", ",".join(["a"] * 2 + ["*"])])
def test_names_that_cannot_be_are_refused(heliograph: Service, names: str | None) -> None:
    response = of_users(heliograph, names, "admin")
    assert (response["statusCode"], answer(response)["detail"][:9]) == (422, "user_ids:")


def test_one_sees_oneself_and_nobody_else(heliograph: Service) -> None:
    assert of_users(heliograph, "alice", by="alice")["statusCode"] == 200
    refused = of_users(heliograph, "alice,bob", by="alice")
    assert (refused["statusCode"], answer(refused)["code"]) == (403, 4403)


def test_who_is_in_a_topic_is_told_to_whoever_is(heliograph: Service) -> None:
    enter(heliograph, "a1", "alice")
    body = answer(of_topic(heliograph, "room:1", by="alice"))
    assert (body["topic"], body["count"], body["truncated"]) == ("room:1", 1, False)
    assert [user["user_id"] for user in body["users"]] == ["alice"]
    assert of_topic(heliograph, "room:1", by="bob")["statusCode"] == 403
    assert answer(of_topic(heliograph, "room:1", "service"))["count"] == 1


def test_a_wildcard_is_no_topic(heliograph: Service) -> None:
    assert of_topic(heliograph, "room:*", "admin")["statusCode"] == 422


@pytest.mark.parametrize("route", [USERS, TOPIC])
def test_without_a_token_it_is_401(heliograph: Service, route: str) -> None:
    event = events.request(route, path={"topic": "room:1"})
    assert presence.handler(event, events.CONTEXT)["statusCode"] == 401


def test_a_frame_is_answered_with_the_state(heliograph: Service) -> None:
    enter(heliograph, "a1", "alice")
    (state,) = heliograph.say("a1", {"type": "presence", "id": 1, "topic": "room:1"})
    assert (state["type"], state["id"], state["count"]) == ("presence_state", 1, 1)


def test_who_comes_and_leaves_is_told_by_the_queue(heliograph: Service) -> None:
    enter(heliograph, "a1", "alice")
    work(heliograph)
    enter(heliograph, "b1", "bob")
    work(heliograph)
    disconnect.handler(events.disconnect("b1"), events.CONTEXT)
    work(heliograph)  # The leave is held back: nothing is due yet.
    work(heliograph, encode_job(LeaveJob(Pattern("room:1"), Username("bob"))))
    told = [
        (frame["type"], frame["user_id"], frame["count"])
        for frame in heliograph.gateway.frames("a1")
        if frame["type"].startswith("presence_")
    ]
    assert told == [("presence_join", "bob", 2), ("presence_leave", "bob", 1)]


def test_each_user_and_a_topic_ten_times_count_against_the_minute(
    heliograph: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READS_PER_MINUTE", "12")
    wiring.reset()
    responses = [
        of_users(heliograph, "alice,bob", "admin"),
        of_topic(heliograph, "room:1", "admin"),
        of_users(heliograph, "alice", "admin"),
    ]
    assert [response["statusCode"] for response in responses] == [200, 200, 429]
    assert responses[0]["headers"]["ratelimit-remaining"] == "10"
