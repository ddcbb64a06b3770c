import pytest
from msgspec.structs import replace

from notify.codes import Code
from notify.errors import ConnectionLimit, TokenExpired, Unauthorized
from notify.fanout import HANDSHAKE_GRACE_MS
from notify.model import Connection, ConnectionId, Pattern
from notify.topics import user_topic
from tests.fakes import FakeConnections
from tests.notify.conftest import World, refusal_code

C1, C9 = ConnectionId("c1"), ConnectionId("c9")


@pytest.fixture
def full(world: World) -> World:
    """alice holds c1 to c3, which is all she may; bob holds c4."""
    world.max_connections = 3
    for number in (1, 2, 3):
        world.open(f"c{number}", world.principal("alice"), age_ms=60_000 - number)
    world.open("c4", world.principal("bob"))
    return world


def knock(world: World, name: str = "alice", connection_id: ConnectionId = C9) -> Code | None:
    token = world.token(world.principal(name))
    return refusal_code(world.admission.open, connection_id, token)


def test_a_connection_is_stored_with_its_implicit_topics(world: World) -> None:
    principal = replace(world.principal("alice", "member", tenant="acme"), sid="login")
    assert world.admission.open(C1, world.token(principal)) == principal
    implicit = frozenset(map(Pattern, ("general", "user:alice", "role:member", "tenant:acme")))
    assert world.connections.get(C1) == Connection(C1, principal, world.clock(), implicit)


def test_a_ticket_opens_a_connection(world: World) -> None:
    principal = replace(world.principal("alice", "member"), sid="login", issued_at=world.clock())
    ticket = world.tickets.issue(principal).text
    assert world.admission.open(C1, ticket) == principal
    with pytest.raises(Unauthorized):
        world.admission.open(C9, ticket)
    assert set(world.memory.connections) == {C1}


def test_a_stale_token_at_the_door_is_unauthorized_and_not_expired(world: World) -> None:
    token = world.token(world.principal("alice", token_ms=0))
    with pytest.raises(Unauthorized) as raised:
        world.admission.open(C1, token)
    assert not isinstance(raised.value, TokenExpired)
    assert not world.memory.connections


# The limit


def test_one_connection_too_many_is_refused_with_4004_and_not_stored(full: World) -> None:
    assert knock(full) == 4004
    assert C9 not in full.memory.connections
    assert full.gateway.disconnected == []


def test_others_have_a_limit_of_their_own(full: World) -> None:
    assert knock(full, "bob") is None


def test_who_watches_the_user_takes_no_room(full: World) -> None:
    full.connections.close(C1)
    full.open("c8", full.principal("auditor"), "user:alice")
    assert knock(full) is None


def test_a_closed_connection_makes_room(full: World) -> None:
    full.connections.close(C1)
    assert knock(full) is None
    assert full.gateway.asked == []


def test_connections_that_are_gone_are_forgotten_before_anybody_is_refused(full: World) -> None:
    full.gateway.open -= {ConnectionId("c2"), ConnectionId("c3")}
    assert knock(full) is None
    # The oldest first, and no more of them than there has to be room for.
    assert full.gateway.asked == ["c1", "c2"]
    assert set(full.memory.connections) == {"c1", "c3", "c4", "c9"}


@pytest.mark.parametrize(("age", "code"), [(HANDSHAKE_GRACE_MS, 4004), (15_001, None)])
def test_a_young_connection_that_seems_gone_may_still_be_connecting(
    world: World, age: int, code: int | None
) -> None:
    world.max_connections = 1
    world.open("c1", world.principal("alice"), age_ms=age)
    world.gateway.open.clear()
    assert knock(world) == code


class CrowdedConnections(FakeConnections):
    """Another connection of the same user comes in at the same moment."""

    def open(self, connection: Connection) -> None:
        super().open(replace(connection, id=ConnectionId("other")))
        super().open(connection)


def test_two_that_come_at_once_do_not_pass_the_limit(world: World) -> None:
    world.max_connections = 1
    world.connections = CrowdedConnections(world.memory)
    assert knock(world) == 4004
    assert set(world.memory.connections) == {"other"}


# A login that ends meanwhile


class LateConnections(FakeConnections):
    """While the connection is written, the user logs out of everything."""

    def __init__(self, world: World) -> None:
        super().__init__(world.memory)
        self._world = world

    def open(self, connection: Connection) -> None:
        self._world.clock.advance(1)
        self._world.logins.logout(connection.principal, all_devices=True)
        super().open(connection)


def test_a_login_that_ends_while_a_connection_opens_closes_it_too(world: World) -> None:
    world.connections = LateConnections(world)
    token = world.token(world.principal("alice"))
    with pytest.raises(Unauthorized):
        world.admission.open(C1, token)
    assert not world.memory.connections


class TornConnections(FakeConnections):
    """The topics of a connection appear one by one. While only its user's does, an operator
    disconnects the user."""

    def __init__(self, world: World, *, revokes: bool) -> None:
        super().__init__(world.memory)
        self._world = world
        self._revokes = revokes

    def open(self, connection: Connection) -> None:
        username = connection.principal.username
        own = user_topic(username)
        super().open(replace(connection, topics=frozenset({own})))
        if self._revokes:
            self._world.clock.advance(1)
            self._world.accounts.revoke_tokens(username)
        self._world.revocation.revoke(username)
        for pattern in connection.topics - {own}:
            self._add(connection, pattern)


@pytest.mark.parametrize(("revokes", "code"), [(True, 4001), (False, 4503)])
def test_of_a_connection_that_is_closed_while_it_opens_nothing_is_left(
    world: World, revokes: bool, code: int
) -> None:
    world.connections = TornConnections(world, revokes=revokes)
    assert knock(world) == code
    assert not world.memory.connections
    assert not world.memory.live()


def test_the_limit_is_an_error_with_a_status_of_its_own() -> None:
    assert (ConnectionLimit().code, ConnectionLimit().status) == (4004, 403)
