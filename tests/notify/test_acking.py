import json
from collections.abc import Mapping
from typing import Any

import pytest

from notify.errors import Unavailable
from notify.model import Connection, ConnectionId, Pattern
from tests.fakes import FakeConnections, FakeCounts
from tests.notify.conftest import World, send

ALICE = Pattern("user:alice")


@pytest.fixture
def three_sent(alice: World) -> World:
    for _ in range(3):
        send(alice, "alice")
    return alice


def ack(world: World, seq: int, stream: str = ALICE, **fields: Any) -> list[dict[str, Any]]:
    message = {"type": "ack", "stream": stream, "seq": seq}
    return world.say("c1", json.dumps(message | fields))


def acked(world: World) -> tuple[Mapping[Pattern, int], int]:
    """What the connection keeps, and what is counted."""
    connection = world.memory.connections[ConnectionId("c1")]
    return connection.acked, world.counts.totals().counters["acked"]


def test_an_ack_is_kept_counted_and_not_answered(three_sent: World) -> None:
    assert ack(three_sent, 2) == []
    assert acked(three_sent) == ({ALICE: 2}, 1)


def test_an_ack_with_an_id_is_answered(three_sent: World) -> None:
    assert ack(three_sent, 2, id=7) == [{"type": "acked", "id": 7, "stream": ALICE, "seq": 2}]


def test_acks_are_cumulative_and_never_go_back(three_sent: World) -> None:
    for seq in (1, 3, 2, 3):
        ack(three_sent, seq)
    assert acked(three_sent) == ({ALICE: 3}, 2)


def test_nothing_beyond_the_head_is_acknowledged(three_sent: World) -> None:
    (error,) = ack(three_sent, 4, id="a")
    assert (error["code"], error["id"]) == (4422, "a")
    assert acked(three_sent) == ({}, 0)


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        ("user:bob", 4403),
        ("role:admin", 4403),
        ("news", 4404),
        ("general", 4404),
        ("no such:", 4422),
    ],
)
def test_only_streams_that_feed_the_connection_are_acknowledged(
    three_sent: World, stream: str, code: int
) -> None:
    (error,) = ack(three_sent, 0, stream)
    assert error["code"] == code
    assert acked(three_sent) == ({}, 0)


@pytest.mark.parametrize("mode", ["none", "batch"])
def test_acks_are_taken_in_either_mode(three_sent: World, mode: str) -> None:
    three_sent.say("c1", json.dumps({"type": "hello", "ack_mode": mode}))
    ack(three_sent, 3)
    assert acked(three_sent) == ({ALICE: 3}, 1)


def test_an_ack_changes_nothing_of_what_is_replayed(three_sent: World) -> None:
    ack(three_sent, 3)
    position = {"epoch": "epoch", "seq": 0}
    frames = three_sent.say("c1", json.dumps({"type": "hello", "resume": {ALICE: position}}))
    assert [frame["seq"] for frame in frames[1:]] == [1, 2, 3]


class ClosingConnections(FakeConnections):
    """The connection is closed by somebody between the read and the write."""

    def acknowledge(self, connection_id: ConnectionId, stream: Pattern, seq: int) -> bool:
        self.close(connection_id)
        return super().acknowledge(connection_id, stream, seq)


def test_a_connection_that_closes_meanwhile_is_told_so(three_sent: World) -> None:
    three_sent.connections = ClosingConnections(three_sent.memory)
    (error,) = ack(three_sent, 1)
    assert error["code"] == 4404


class BusyCounts(FakeCounts):
    def add(self, amounts: Mapping[str, int]) -> None:
        raise Unavailable("the store does not answer: try again")


def test_an_ack_that_cannot_be_counted_is_kept_all_the_same(three_sent: World) -> None:
    three_sent.counts = BusyCounts(three_sent.memory)
    (answer,) = ack(three_sent, 1, id="a")
    assert answer["type"] == "acked"
    connection: Connection = three_sent.memory.connections[ConnectionId("c1")]
    assert connection.acked == {ALICE: 1}
