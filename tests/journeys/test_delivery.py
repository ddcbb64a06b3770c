"""Notifications on their way, and what the service says of itself meanwhile."""

import pytest

from tests.journeys.conftest import Service, mint, receive, running_service, say

GHOST = """
from infra import wiring
from infra.wiring.connections import connections
from notify.model import Connection, ConnectionId, Principal, Username
from notify.topics import implicit_topics
now = wiring.clock()
principal = Principal(Username("{name}"), frozenset(), None, now + 3_600_000)
topics = implicit_topics(principal)
ghost = Connection(ConnectionId("L0SM9cOFvHcCIhw="), principal, now - 60_000, topics)
connections().open(ghost)
"""


async def test_both_devices_of_a_user_get_a_send_and_nobody_else(heliograph: Service) -> None:
    name, token = heliograph.user()
    _, other_token = heliograph.user()
    async with (
        heliograph.connect(token) as phone,
        heliograph.connect(token) as laptop,
        heliograph.connect(other_token) as other,
    ):
        sent = heliograph.send(name, data={"loan_id": 12})
        on_phone, on_laptop = await receive(phone), await receive(laptop)
        pong = await say(other, type="ping")
    assert on_phone == on_laptop
    assert (on_phone["id"], on_phone["data"]) == (sent["notification_id"], {"loan_id": 12})
    assert (sent["status"], sent["results"][0]["delivered"]) == ("delivered", 2)
    assert pong["type"] == "pong"


async def test_a_broadcast_to_a_role_reaches_who_has_it(heliograph: Service) -> None:
    role = heliograph.user()[0]
    _, member = heliograph.user(role)
    _, outsider = heliograph.user("another")
    async with heliograph.connect(member) as inside, heliograph.connect(outsider) as outside:
        sent = heliograph.broadcast(f"role:{role}")
        notification = await receive(inside)
        pong = await say(outside, type="ping")
    assert (sent["recipients"], sent["delivered"]) == (1, 1)
    assert notification["topic"] == f"role:{role}"
    assert pong["type"] == "pong"


async def test_a_connection_that_is_gone_is_forgotten_and_the_others_get_theirs(
    heliograph: Service,
) -> None:
    name, token = heliograph.user()
    heliograph.python("-c", GHOST.format(name=name))
    async with heliograph.connect(token) as socket:
        first = heliograph.send(name)
        second = heliograph.send(name)
        frames = [await receive(socket), await receive(socket)]
    assert [frame["seq"] for frame in frames] == [1, 2]
    assert (first["results"][0]["gone"], first["results"][0]["delivered"]) == (1, 1)
    assert (second["results"][0]["gone"], second["results"][0]["delivered"]) == (0, 1)


async def test_a_broadcast_to_many_goes_by_the_queue_and_reaches_them_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INLINE_RECIPIENTS", "2")
    with running_service() as heliograph:
        _, token = heliograph.user()
        async with (
            heliograph.connect(token) as one,
            heliograph.connect(token) as two,
            heliograph.connect(token) as three,
        ):
            queued = heliograph.broadcast("*")
            frames = [await receive(socket) for socket in (one, two, three)]
    assert (queued["status"], queued["estimated_recipients"]) == ("queued", 3)
    assert {frame["id"] for frame in frames} == {queued["notification_id"]}


async def test_what_was_sent_while_a_user_was_away_is_stored_in_order(heliograph: Service) -> None:
    name, token = heliograph.user()
    sent = [heliograph.send(name) for _ in range(3)]
    async with heliograph.connect(token) as socket:
        answer = await say(socket, type="subscribe", topics=[f"user:{name}"])
    assert [each["status"] for each in sent] == ["stored"] * 3
    assert [each["results"][0]["seq"] for each in sent] == [1, 2, 3]
    assert answer["seq"] == 3


async def test_the_statistics_are_true_before_during_and_after(heliograph: Service) -> None:
    name, token = heliograph.user()
    before = await heliograph.stats_at_rest()
    async with heliograph.connect(token), heliograph.connect(token):
        during = heliograph.stats()
        heliograph.send(name)
        counted = heliograph.stats()["counters"]
    assert (during["websocket_connections"], during["user_connections"]) == (2, 1)
    assert during["pubsub_stats"]["subscribers_by_user"][name] == 2
    assert counted["sent"] == before["counters"]["sent"] + 1
    assert counted["delivered"] == before["counters"]["delivered"] + 2
    after = await heliograph.stats_at_rest()
    assert after["user_connections"] == 0


def test_a_notification_above_28_kb_is_refused(heliograph: Service) -> None:
    name, _ = heliograph.user()
    body = {"user_id": name, "notification_type": "t", "title": "t", "message": "m"}
    answer = heliograph.http.post(
        "/notifications/send-realtime",
        json=body | {"data": {"x": "y" * 29_000}},
        headers=heliograph.admin,
    )
    assert (answer.status_code, answer.json()["code"]) == (413, 4413)


def test_who_may_not_send_is_told_so(heliograph: Service) -> None:
    name, token = heliograph.user("member")
    answer = heliograph.http.post(
        "/notifications/send-realtime",
        json={"user_id": name, "notification_type": "t", "title": "t", "message": "m"},
        headers={"authorization": f"Bearer {token}"},
    )
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")


def test_a_removed_user_is_out(heliograph: Service) -> None:
    name, token = heliograph.user()
    assert heliograph.http.delete(f"/admin/users/{name}", headers=heliograph.admin).is_success
    headers = {"authorization": f"Bearer {mint(name)}"}
    assert heliograph.http.get("/auth/me", headers=headers).status_code == 401
    assert heliograph.http.get("/auth/me", headers={"authorization": token}).status_code == 401
