from collections.abc import Iterable, Mapping

from notify.devices import Devices
from notify.entries import InboxCounts
from notify.errors import Unavailable
from notify.inbox import Inbox
from notify.model import Action, Connection, ConnectionId, Pattern, Principal, User, Username
from tests.fakes import FakeConnections
from tests.notify.conftest import World, broadcast, send

ALICE = Username("alice")


def counted(world: World) -> dict[str, InboxCounts | None]:
    """What each connection of alice is shown."""
    return {
        subscriber.connection_id: counts
        for counts, group in world.devices.counted(world.devices.of(ALICE))
        for subscriber in group
    }


def test_a_users_devices_are_the_users_own_connections(three: World) -> None:
    watching = {Pattern("user:*"): frozenset({Action.SUBSCRIBE})}
    three.open("c9", three.principal("auditor", caps=watching), "user:*", "user:alice")
    assert {each.connection_id for each in three.devices.of(ALICE)} == {"c1", "c3"}
    assert three.devices.of(Username("nobody")) == []


def test_each_is_shown_the_counts_of_its_own_inbox(world: World) -> None:
    world.open("both", world.principal("alice", "member", tenant="acme"))
    world.open("none", world.principal("alice"))
    world.open("same", world.principal("alice", "member", tenant="acme"))
    send(world, "alice")
    broadcast(world, "role:member")
    one, two = InboxCounts(1, 1, 1), InboxCounts(2, 2, 2)
    assert counted(world) == {"both": two, "none": one, "same": two}


def test_an_inbox_is_read_once_for_all_that_share_it(three: World) -> None:
    assert len(list(three.devices.counted(three.devices.of(ALICE)))) == 1


def test_a_connection_that_is_closed_meanwhile_is_shown_no_counts(three: World) -> None:
    subscribers = three.devices.of(ALICE)
    three.connections.close(ConnectionId("c1"))
    counts = {
        subscriber.connection_id: counts
        for counts, group in three.devices.counted(subscribers)
        for subscriber in group
    }
    assert counts == {"c1": None, "c3": InboxCounts()}


class Busy(FakeConnections):
    def get_each(self, connection_ids: Iterable[ConnectionId]) -> Mapping[ConnectionId, Connection]:
        raise Unavailable("try again")


class BusyInbox(Inbox):
    def counts(self, principal: Principal, user: User | None = None) -> InboxCounts:
        raise Unavailable("try again")


def test_where_connections_cannot_be_read_all_are_shown_no_counts(three: World) -> None:
    subscribers = three.devices.of(ALICE)
    three.connections = Busy(three.memory)
    assert list(three.devices.counted(subscribers)) == [(None, subscribers)]


def test_where_an_inbox_cannot_be_read_no_counts_are_shown(three: World) -> None:
    busy = BusyInbox(three.users, three.streams, three.marks, three.clock)
    devices = Devices(three.subscriptions, three.connections, busy, three.clock)
    subscribers = devices.of(ALICE)
    assert list(devices.counted(subscribers)) == [(None, subscribers)]
