import json

import pytest

from notify.errors import Unavailable
from notify.frames import ErrorFrame, Pong
from notify.model import Connection, ConnectionId, timestamp
from notify.ports import Outcome
from tests.fakes import FakeConnections, FakeGateway
from tests.notify.conftest import HOUR_MS, World, send

C1 = ConnectionId("c1")


@pytest.mark.parametrize("text", ['{"type":"ping","id":"7"}', '{"type":"subscribe"}', "no", ""])
def test_a_frame_of_an_unknown_connection_is_answered_4001_and_closes_it(
    world: World, text: str
) -> None:
    world.gateway.open.add(C1)
    (frame,) = world.say("c1", text)
    assert (frame["code"], frame["fatal"]) == (4001, True)
    assert world.gateway.disconnected == [C1]


def test_a_frame_of_a_connection_that_is_half_closed_closes_it(alice: World) -> None:
    alice.memory.begin_to_close(C1)
    (frame,) = alice.say("c1", '{"type":"ping"}')
    assert (frame["code"], frame["fatal"]) == (4001, True)
    assert alice.gateway.disconnected == [C1]
    assert not alice.memory.connections


def test_a_frame_of_an_expired_row_is_answered_4001(alice: World) -> None:
    alice.open("c1", alice.principal("alice", token_ms=24 * HOUR_MS))
    alice.clock.advance(3 * HOUR_MS)
    (frame,) = alice.say("c1", '{"type":"ping"}')
    assert frame["code"] == 4001


def test_a_frame_behind_an_expired_token_is_answered_4002_and_closes(alice: World) -> None:
    alice.clock.advance(HOUR_MS)
    (frame,) = alice.say("c1", '{"type":"ping","id":"7"}')
    assert (frame["code"], frame["name"], frame["fatal"]) == (4002, "token_expired", True)
    assert frame["id"] == "7"
    assert alice.gateway.disconnected == [C1]
    assert not alice.memory.connections


def test_a_token_is_good_until_its_last_millisecond(alice: World) -> None:
    alice.clock.advance(HOUR_MS - 1)
    assert alice.say("c1", '{"type":"ping"}')[0]["type"] == "pong"


# Frames


def test_ping_is_answered_by_pong(alice: World) -> None:
    (frame,) = alice.say("c1", '{"type":"ping","id":7}')
    assert frame == {"type": "pong", "timestamp": timestamp(alice.clock()), "id": 7}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", 4400),
        ("no", 4400),
        ("[" * 100_000, 4400),
        ('{"type":"fly"}', 4400),
        ('{"type":"subscribe"}', 4422),
        ('{"type":"subscribe","topics":"general"}', 4422),
        ('{"type":"hello","protocol":"1"}', 4422),
    ],
)
def test_a_bad_frame_is_an_error_and_the_socket_stays(alice: World, text: str, code: int) -> None:
    (frame,) = alice.say("c1", text)
    assert (frame["type"], frame["code"], frame["fatal"]) == ("error", code, False)
    assert alice.gateway.disconnected == []
    assert C1 in alice.memory.connections


@pytest.mark.parametrize("text", ['{"type":"fly","id":"7"}', '{"type":"subscribe","id":"7"}'])
def test_a_bad_frame_has_its_id_echoed(alice: World, text: str) -> None:
    assert alice.say("c1", text)[0]["id"] == "7"


def test_frames_are_returned_as_they_are_posted(alice: World) -> None:
    frames = alice.conversation.receive(C1, '{"type":"ping"}')
    assert frames == [Pong(timestamp(alice.clock()))]


class DeadConnections(FakeConnections):
    """A store that does not answer."""

    def get(self, connection_id: ConnectionId) -> Connection | None:
        raise Unavailable("the store does not answer: try again")


def test_a_store_that_does_not_answer_is_a_temporary_error(alice: World) -> None:
    alice.connections = DeadConnections(alice.memory)
    (frame,) = alice.say("c1", '{"type":"ping","id":"7"}')
    assert (frame["code"], frame["temporary"], frame["fatal"]) == (4503, True, False)
    assert alice.gateway.disconnected == []


# Replying


def test_a_reply_to_a_gone_connection_forgets_it_and_stops(alice: World) -> None:
    alice.gateway.open.discard(C1)
    alice.conversation.reply(C1, [Pong("1"), Pong("2")])
    assert not alice.memory.connections
    assert alice.gateway.posted == []


def test_a_reply_that_fails_does_not_stop_the_next(alice: World) -> None:
    alice.gateway.throttled.add(C1)
    alice.conversation.reply(C1, [Pong("1"), Pong("2")])
    assert C1 in alice.memory.connections


class Flaky(FakeGateway):
    """Takes so many posts and no more."""

    def __init__(self, takes: int) -> None:
        super().__init__()
        self._takes = takes

    def post(self, connection_id: ConnectionId, frame: bytes) -> Outcome:
        self._takes -= 1
        return super().post(connection_id, frame) if self._takes >= 0 else Outcome.FAILED


def test_behind_a_notification_that_failed_the_connection_is_closed(world: World) -> None:
    for _ in range(3):
        send(world, "alice")
    world.gateway = Flaky(takes=3)
    world.open("c1", world.principal("alice"))
    position = {"epoch": "epoch", "seq": 0}
    frames = world.say("c1", json.dumps({"type": "hello", "resume": {"user:alice": position}}))
    assert [frame.get("seq") for frame in frames[1:]] == [1, 2]
    assert world.gateway.disconnected == [C1]
    assert not world.memory.connections


def test_nothing_follows_a_fatal_frame(alice: World) -> None:
    fatal = ErrorFrame(4002, "token_expired", "bye", False, True, "now")
    alice.conversation.reply(C1, [fatal, Pong("2")])
    assert [frame["type"] for frame in alice.gateway.frames("c1")] == ["error"]


def test_a_fatal_frame_that_fails_closes_the_connection_all_the_same(alice: World) -> None:
    alice.gateway.throttled.add(C1)
    alice.clock.advance(HOUR_MS)
    alice.conversation.receive(C1, '{"type":"ping"}')
    assert alice.gateway.disconnected == [C1]
    assert not alice.memory.connections


def test_another_connection_is_never_touched(alice: World) -> None:
    alice.open("c2", alice.principal("alice"))
    alice.gateway.open.discard(C1)
    alice.conversation.receive(C1, '{"type":"ping"}')
    assert set(alice.memory.connections) == {"c2"}
