"""What services of this kind get wrong, and this one does not: a test a fault."""

import json
from typing import Any

import pytest

from handlers import broadcast, disconnect, send, stats, users
from infra.stores import directory
from infra.stores.streams import DynamoStreams
from infra.tables import ConnectionRow, NotificationRow, SubscriptionRow
from notify.frames import NotificationFrame, Sender
from notify.model import ConnectionId, Pattern
from tests import events
from tests.fakes import NOW, FakeIds
from tests.handlers.conftest import Service, answer
from tests.infra.stores.calls import listed
from tests.rows import everything

SAID = {"notification_type": "approved", "title": "Approved", "message": "Loan #12 approved"}


def post(service: Service, path: str, body: dict[str, Any], *roles: str) -> dict[str, Any]:
    handler = send.handler if path == "send-realtime" else broadcast.handler
    token = service.token("root", *(roles or ("admin",)))
    event = events.request(f"POST /api/v1/notifications/{path}", body, token)
    return handler(event, events.CONTEXT)


def read_stats(service: Service) -> dict[str, Any]:
    token = service.token("root", "admin")
    event = events.request("GET /api/v1/notifications/stats", token=token)
    found: dict[str, Any] = answer(stats.handler(event, events.CONTEXT))
    return found


def test_stats_are_not_hard_coded(heliograph: Service) -> None:
    assert read_stats(heliograph)["websocket_connections"] == 0
    for connection_id in ("phone", "laptop"):
        heliograph.connect(connection_id, heliograph.token("alice"))
    post(heliograph, "send-realtime", {"user_id": "alice", **SAID})
    found = read_stats(heliograph)
    assert (found["websocket_connections"], found["user_connections"]) == (2, 1)
    assert found["counters"]["delivered"] == 2


@pytest.mark.parametrize("roles", [("member",), ("manager",), ("Admin",), ("administrator",)])
def test_roles_are_checked(heliograph: Service, roles: tuple[str, ...]) -> None:
    for path, whom in (("send-realtime", {"user_id": "alice"}), ("broadcast", {"pattern": "*"})):
        assert post(heliograph, path, {**whom, **SAID}, *roles)["statusCode"] == 403
    new = {"username": "eve", "password": "long enough"}
    event = events.request("POST /api/v1/admin/users", new, heliograph.token("bob", *roles))
    assert users.handler(event, events.CONTEXT)["statusCode"] == 403


@pytest.mark.parametrize("topic", ["user:bob", "user:*", "user:bob:*", "role:admin", "tenant:*"])
def test_nobody_subscribes_to_what_is_another_s(heliograph: Service, topic: str) -> None:
    heliograph.connect("eves", heliograph.token("alice"))
    (frame,) = heliograph.say("eves", {"type": "subscribe", "topics": [topic]})
    assert frame["code"] == 4403
    post(heliograph, "send-realtime", {"user_id": "bob", **SAID})
    assert heliograph.gateway.frames("eves") == [frame]


def test_a_notification_s_own_type_is_not_overwritten(heliograph: Service) -> None:
    heliograph.connect("phone", heliograph.token("alice"))
    post(heliograph, "send-realtime", {"user_id": "alice", **SAID})
    (frame,) = heliograph.gateway.frames("phone")
    assert (frame["type"], frame["notification_type"]) == ("notification", "approved")


def test_what_could_not_be_delivered_is_kept(heliograph: Service) -> None:
    heliograph.connect("phone", heliograph.token("alice"))
    heliograph.gateway.throttled.add("phone")
    post(heliograph, "send-realtime", {"user_id": "alice", **SAID})
    assert [json.loads(row.frame)["title"] for row in NotificationRow.query("user:alice")] == [
        "Approved"
    ]


def test_what_was_missed_comes_oldest_first_and_stays_though_its_delivery_fails(
    heliograph: Service,
) -> None:
    titles = ["first", "second", "third"]
    for title in titles:
        post(heliograph, "send-realtime", {**SAID, "user_id": "alice", "title": title})
    nothing_yet = {"user:alice": {"epoch": stream_epoch("user:alice"), "seq": 0}}
    hello = {"type": "hello", "resume": nothing_yet}

    heliograph.connect("phone", heliograph.token("alice"))
    heliograph.gateway.throttled.add("phone")
    assert heliograph.say("phone", hello) == []
    heliograph.gateway.throttled.clear()
    # The failed delivery has closed that connection; the client comes back and asks again.
    heliograph.connect("again", heliograph.token("alice"))
    frames = heliograph.say("again", hello)
    assert [frame["title"] for frame in frames if frame["type"] == "notification"] == titles


def stream_epoch(stream: str) -> str:
    return DynamoStreams(FakeIds()).head(Pattern(stream)).epoch


def test_on_gone_the_receiver_s_row_is_deleted_and_never_the_sender_s(heliograph: Service) -> None:
    heliograph.connect("senders", heliograph.token("root", "admin"))
    heliograph.connect("receivers", heliograph.token("alice"))
    heliograph.age("receivers")
    heliograph.gateway.open.discard("receivers")
    post(heliograph, "send-realtime", {"user_id": "alice", **SAID})
    assert [row.connection_id for row in everything(ConnectionRow)] == ["senders"]
    assert {row.connection_id for row in everything(SubscriptionRow)} == {"senders"}


def test_nothing_scans(heliograph: Service) -> None:
    with listed() as calls:
        heliograph.connect("phone", heliograph.token("alice"))
        heliograph.say("phone", {"type": "subscribe", "topics": ["orders:*"]})
        post(heliograph, "send-realtime", {"user_id": "alice", **SAID})
        post(heliograph, "broadcast", {"pattern": "orders:*", **SAID})
        read_stats(heliograph)
        disconnect.handler(events.disconnect("phone"), events.CONTEXT)
    assert calls
    assert "Scan" not in {call.operation for call in calls}


def test_a_query_goes_on_behind_its_first_megabyte(heliograph: Service) -> None:
    stream = Pattern("user:alice")
    streams = DynamoStreams(FakeIds())
    large = NotificationFrame(
        "ntf_1", "t", "T", "m", "normal", {"x": "x" * 27_000}, Sender("bob", []), "now", stream,
        stream, None, None,
    )  # fmt: skip
    for _ in range(45):
        streams.append(large, NOW, NOW + 3_600_000)
    page = streams.after(stream, 0, 100, NOW)
    assert [each.frame.seq for each in page.notifications] == list(range(1, 46))


def test_the_connections_of_a_topic_are_not_all_in_one_partition() -> None:
    ids = [ConnectionId(f"c{number}=") for number in range(8000)]
    sizes = [0] * 8
    for connection_id in ids:
        sizes[directory.shard_of(connection_id, 8)] += 1
    assert max(sizes) < 1.2 * min(sizes)


def test_one_denied_topic_leaves_the_socket_and_the_others(heliograph: Service) -> None:
    heliograph.connect("phone", heliograph.token("alice"))
    frames = heliograph.say("phone", {"type": "subscribe", "topics": ["user:bob", "orders:eu"]})
    assert [frame["type"] for frame in frames] == ["error", "subscribed"]
    assert "phone" in heliograph.gateway.open


def test_one_gone_connection_costs_nobody_the_broadcast(heliograph: Service) -> None:
    for number in range(5):
        heliograph.connect(f"c{number}", heliograph.token("alice"))
        heliograph.age(f"c{number}")
    heliograph.gateway.open.discard("c2")
    response = post(heliograph, "broadcast", {"pattern": "general", **SAID})
    assert (answer(response)["delivered"], answer(response)["gone"]) == (4, 1)
    assert {to for to, _ in heliograph.gateway.posted} == {"c0", "c1", "c3", "c4"}


def test_a_lost_goodbye_is_made_up_for_in_the_counts(heliograph: Service) -> None:
    """$disconnect was lost; the next post finds the connection gone."""
    heliograph.connect("phone", heliograph.token("alice"))
    heliograph.age("phone")
    heliograph.gateway.open.discard("phone")
    post(heliograph, "send-realtime", {"user_id": "alice", **SAID})
    assert read_stats(heliograph)["websocket_connections"] == 0
