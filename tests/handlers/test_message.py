import json

import pytest

from handlers import message, send
from infra import wiring
from infra.tables import ConnectionRow, TopicRow
from infra.wiring.connections import connections
from notify.model import Connection, ConnectionId, Pattern, Principal, Username
from tests import events
from tests.handlers.conftest import Service


@pytest.fixture
def alice(heliograph: Service) -> Service:
    heliograph.connect("c1", heliograph.token("alice", "member"))
    return heliograph


def test_ping_is_answered_by_pong_with_its_id(alice: Service) -> None:
    (pong,) = alice.say("c1", {"type": "ping", "id": "7"})
    assert pong.keys() == {"type", "timestamp", "id"}
    assert (pong["type"], pong["id"]) == ("pong", "7")


def test_ping_without_an_id_is_answered_without_one(alice: Service) -> None:
    (pong,) = alice.say("c1", {"type": "ping"})
    assert pong.keys() == {"type", "timestamp"}


def test_hello_is_answered_by_welcome(alice: Service) -> None:
    (welcome,) = alice.say("c1", {"type": "hello", "id": 1, "topics": ["orders:eu"]})
    assert welcome["type"] == "welcome"
    assert welcome["connection_id"] == "c1"
    assert welcome["subscriptions"] == ["general", "orders:eu", "role:member", "user:alice"]


def test_each_topic_is_answered_for_itself(alice: Service) -> None:
    frames = alice.say(
        "c1", {"type": "subscribe", "id": "s", "topics": ["orders:eu", "user:bob", "no good"]}
    )
    assert [(frame["type"], frame.get("code"), frame["id"]) for frame in frames] == [
        ("subscribed", None, "s"),
        ("error", 4403, "s"),
        ("error", 4422, "s"),
    ]


@pytest.mark.parametrize("type", ["hello", "subscribe"])
def test_topics_beyond_the_limit_leave_nothing_behind(alice: Service, type: str) -> None:
    held = {f"held:{number}#0" for number in range(95)}
    ConnectionRow("c1").update(actions=[ConnectionRow.topics.add(held)])
    asked = [f"new:{number}" for number in range(50)]
    frames = alice.say("c1", {"type": type, "topics": asked})
    assert [frame["code"] for frame in frames if frame["type"] == "error"] == [4422] * 45
    assert sum(1 for _ in TopicRow.query("new")) == 5


def test_the_legacy_aliases_are_answered_with_the_pattern(alice: Service) -> None:
    (subscribed,) = alice.say("c1", {"type": "subscribe_pattern", "pattern": "orders:*"})
    (unsubscribed,) = alice.say("c1", {"type": "unsubscribe_pattern", "pattern": "orders:*"})
    assert (subscribed["type"], subscribed["pattern"]) == ("subscribed", "orders:*")
    assert (unsubscribed["type"], unsubscribed["pattern"]) == ("unsubscribed", "orders:*")


def test_a_stream_is_resumed_replayed_and_acknowledged(alice: Service) -> None:
    body = {"user_id": "alice", "notification_type": "t", "title": "Hello", "message": "m"}
    (welcome,) = alice.say("c1", {"type": "hello"})
    stream, epoch = "user:alice", welcome["resume"]["user:alice"]["epoch"]
    token = alice.token("root", "admin")
    for _ in range(2):
        event = events.request("POST /api/v1/notifications/send-realtime", body, token)
        assert send.handler(event, events.CONTEXT)["statusCode"] == 200
    resumed = alice.say("c1", {"type": "hello", "resume": {stream: {"epoch": epoch, "seq": 0}}})
    replay = {"type": "replay", "stream": stream, "epoch": epoch, "after_seq": 1}
    replayed = alice.say("c1", replay)
    acked = alice.say("c1", {"type": "ack", "id": 1, "stream": stream, "seq": 2})
    assert [(frame["type"], frame.get("seq")) for frame in [*resumed, *replayed, *acked]] == [
        ("welcome", None),
        ("notification", 1),
        ("notification", 2),
        ("notification", 2),
        ("replayed", 2),
        ("acked", 2),
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (None, 4400),
        ("", 4400),
        ("not json", 4400),
        ("[]", 4400),
        ('{"type":"fly"}', 4400),
        ('{"type":["ping"]}', 4400),
        ("[" * 30_000, 4400),
        ('{"type":"subscribe"}', 4422),
        ('{"type":"subscribe","topics":"orders:eu"}', 4422),
        ('{"type":"subscribe_pattern","pattern":7}', 4422),
    ],
)
def test_a_bad_frame_is_an_error_frame_and_the_socket_stays(
    alice: Service, body: str | None, code: int
) -> None:
    (error,) = alice.say("c1", body)
    assert (error["type"], error["code"], error["fatal"]) == ("error", code, False)
    assert "c1" in alice.gateway.open


def test_a_frame_of_a_refused_connection_is_answered_4001_and_closes_it(
    heliograph: Service,
) -> None:
    heliograph.connect("c9", None)
    (error,) = heliograph.say("c9", {"type": "subscribe", "topics": ["general"], "id": "x"})
    assert (error["code"], error["fatal"], error["id"]) == (4001, True, "x")
    assert "c9" not in heliograph.gateway.open


def test_a_connection_whose_token_has_expired_is_told_4002_and_closed(
    heliograph: Service,
) -> None:
    now = wiring.clock()
    principal = Principal(Username("alice"), frozenset(), None, token_expires_at=now - 1)
    topics = frozenset({Pattern("user:alice")})
    connections().open(Connection(ConnectionId("c1"), principal, now - 60_000, topics))
    heliograph.gateway.open.add("c1")
    (error,) = heliograph.say("c1", {"type": "ping"})
    assert (error["code"], error["fatal"]) == (4002, True)
    assert "c1" not in heliograph.gateway.open


def test_a_bug_is_logged_without_its_text_and_left_to_the_gateway(
    alice: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PUBLIC_TOPICS", "not a topic")
    wiring.reset()
    with pytest.raises(Exception, match="Something went wrong") as raised:
        message.handler(events.message("c1", {"type": "ping"}), events.CONTEXT)
    assert raised.value.__cause__ is None
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["outcome"] == "bug"


def test_the_log_has_no_new_token(heliograph: Service, capsys: pytest.CaptureFixture[str]) -> None:
    heliograph.connect("c1", heliograph.token("alice"))
    token = heliograph.token("alice", "editor")
    (good,) = heliograph.say("c1", {"type": "auth", "token": token})
    (bad,) = heliograph.say("c1", {"type": "auth", "token": "x.secret.x"})
    printed = capsys.readouterr().out
    assert (good["type"], bad["code"]) == ("authenticated", 4401)
    assert '"outcome": "reauth_required"' in printed
    assert token not in printed
    assert "secret" not in printed
