import pytest

from notify.codes import Code
from notify.errors import ConnectionLimit, TokenExpired, Unauthorized, Unavailable
from notify.model import Connection, ConnectionId, Pattern
from notify.ports import Outcome
from tests.fakes import FakeConnections
from tests.notify.conftest import World

C1 = ConnectionId("c1")


# Connecting


def test_connect_stores_the_connection_with_its_implicit_topics(world: World) -> None:
    principal = world.principal("alice", "member", tenant="acme")
    assert world.hub.connect(C1, world.token(principal)) == principal
    implicit = frozenset(map(Pattern, ("general", "user:alice", "role:member", "tenant:acme")))
    assert world.connections.get(C1) == Connection(C1, principal, world.clock(), implicit)


def test_connect_says_first_when_the_connection_is_to_be_looked_at(world: World) -> None:
    class FailingConnections(FakeConnections):
        def open(self, connection: Connection) -> None:
            raise Unavailable("the store does not answer: try again")

    world.connections = FailingConnections(world.memory)
    with pytest.raises(Unavailable):
        world.hub.connect(C1, world.token(world.principal("alice")))
    (deadline,) = world.deadlines.of("c1")
    assert deadline.topics == {"general", "user:alice"}


@pytest.mark.parametrize("token", [None, "", "nonsense"])
def test_connect_without_a_good_token_stores_nothing(world: World, token: str | None) -> None:
    with pytest.raises(Unauthorized):
        world.hub.connect(C1, token)
    assert not world.memory.connections
    assert not world.memory.members
    assert not world.deadlines.by_minute


def test_a_stale_token_at_the_door_is_unauthorized_and_not_expired(world: World) -> None:
    token = world.token(world.principal("alice", token_ms=0))
    with pytest.raises(Unauthorized) as raised:
        world.hub.connect(C1, token)
    assert not isinstance(raised.value, TokenExpired)
    assert not world.memory.connections


def test_disconnect_forgets_the_connection_and_returns_it_once(alice: World) -> None:
    connection = alice.hub.disconnect(C1)
    assert connection is not None
    assert connection.principal.username == "alice"
    assert alice.hub.disconnect(C1) is None
    assert alice.counts.totals().topics == 0


# Refusing


def refuse(world: World, code: Code = Code.UNAUTHORIZED) -> Outcome:
    return world.hub.refuse_each({C1: code})[C1]


def test_a_refused_connection_is_told_4001_and_closed(world: World) -> None:
    world.gateway.open.add(C1)
    assert refuse(world) is Outcome.POSTED
    (frame,) = world.gateway.frames("c1")
    assert {**frame, "timestamp": ""} == {
        "type": "error",
        "code": 4001,
        "name": "unauthorized",
        "message": "Authentication failed",
        "temporary": False,
        "retry_after_ms": None,
        "fatal": True,
        "timestamp": "",
    }
    assert world.gateway.disconnected == [C1]


def test_one_connection_too_many_is_told_4004_by_the_queue(world: World) -> None:
    world.gateway.open.add(C1)
    refuse(world, Code.CONNECTION_LIMIT)
    (frame,) = world.gateway.frames("c1")
    assert (frame["code"], frame["name"], frame["fatal"]) == (4004, "connection_limit", True)
    assert world.gateway.disconnected == [C1]


def test_one_connection_too_many_that_speaks_first_is_told_4004_as_well(alice: World) -> None:
    alice.max_connections = 1
    token = alice.token(alice.principal("alice"))
    with pytest.raises(ConnectionLimit):
        alice.hub.connect(ConnectionId("c2"), token)
    alice.gateway.open.add(ConnectionId("c2"))
    (frame,) = alice.say("c2", '{"type":"hello","id":"h"}')
    assert (frame["code"], frame["id"], frame["fatal"]) == (4004, "h", True)
    assert alice.gateway.disconnected == ["c2"]
    assert set(alice.memory.connections) == {C1}


def test_a_connection_that_is_not_there_yet_is_not_closed(world: World) -> None:
    assert refuse(world) is Outcome.GONE
    assert world.gateway.disconnected == []


def test_a_refusal_that_did_not_arrive_leaves_the_connection_for_another_try(world: World) -> None:
    world.gateway.throttled.add(C1)
    assert refuse(world) is Outcome.FAILED
    assert world.gateway.disconnected == []


def test_many_are_refused_at_once_each_with_its_own_code(world: World) -> None:
    others = [ConnectionId("c2"), ConnectionId("c3"), ConnectionId("c4")]
    world.gateway.open |= {C1, *others}
    world.gateway.throttled.add(others[0])
    world.gateway.open.discard(others[1])
    codes = dict.fromkeys([C1, *others], Code.UNAUTHORIZED)
    outcomes = world.hub.refuse_each(codes | {others[2]: Code.CONNECTION_LIMIT})
    posted, failed, gone = Outcome.POSTED, Outcome.FAILED, Outcome.GONE
    assert [outcomes[each] for each in codes] == [posted, failed, gone, posted]
    assert [(to, frame["code"]) for to, frame in world.gateway.posted] == [(C1, 4001), ("c4", 4004)]
    assert world.gateway.disconnected == [C1, "c4"]
