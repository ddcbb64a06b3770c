import itertools
from functools import partial

import pytest

from infra.tables import SightingRow
from notify.announcing import Announcing
from notify.errors import Unavailable
from notify.fanout import Fanout
from notify.jobs import JoinJob, LaterJob, LeaveJob
from notify.model import ConnectionId, Pattern, Principal, Username
from notify.noticing import NoticedConnections
from notify.ports import Sighting
from notify.presence import Attendances, Presence
from notify.topics import TopicPolicy, WatchedTopics
from tests.fakes import NOW, FakeGateway, FakeLaterQueue
from tests.infra.stores.calls import (
    before,
    crashes,
    failing,
    interleave,
    listed,
)
from tests.infra.stores.conftest import Stores, fresh

ROOM, OTHER = Pattern("room:1"), Pattern("room:2")
ALICE, BOB = Username("alice"), Username("bob")
LATER = NOW + 60_000


def announce(stores: Stores, user: Username = ALICE, topic: Pattern = ROOM) -> Sighting:
    return stores.sightings.announce(topic, user, NOW, LATER)


def told(stores: Stores, user: Username = ALICE, topic: Pattern = ROOM) -> Sighting:
    announced = announce(stores, user, topic)
    stores.sightings.confirm(topic, user, announced)
    return announced


def get(stores: Stores, now: int = NOW) -> Sighting | None:
    return stores.sightings.get(ROOM, ALICE, now)


def is_told(stores: Stores) -> bool | None:
    found = get(stores)
    return found.told if found else None


def test_who_was_not_announced_is_not(stores: Stores) -> None:
    assert get(stores) is None
    assert stores.sightings.of_topic(ROOM, 10, NOW) == {}


def test_an_sighting_is_told_once_it_is_confirmed(stores: Stores) -> None:
    announced = announce(stores)
    assert (announced.told, get(stores)) == (False, announced)
    stores.sightings.confirm(ROOM, ALICE, announced)
    assert is_told(stores) is True


def test_an_sighting_that_is_renewed_is_another_one_and_as_told_as_before(
    stores: Stores,
) -> None:
    first, second = announce(stores), announce(stores)
    assert not second.told
    stores.sightings.confirm(ROOM, ALICE, second)
    third = announce(stores)
    assert third.told
    assert len({first.version, second.version, third.version}) == 3
    assert get(stores) == third


def test_what_has_changed_is_not_confirmed(stores: Stores) -> None:
    old = announce(stores)
    announce(stores)
    stores.sightings.confirm(ROOM, ALICE, old)
    assert is_told(stores) is False


def test_an_sighting_that_is_withdrawn_is_told_no_longer(stores: Stores) -> None:
    withdrawn = stores.sightings.withdraw(ROOM, ALICE, told(stores))
    assert withdrawn is not None
    assert (withdrawn.told, get(stores)) == (False, withdrawn)


def test_what_has_changed_is_not_withdrawn(stores: Stores) -> None:
    old = told(stores)
    announce(stores)
    assert stores.sightings.withdraw(ROOM, ALICE, old) is None
    assert is_told(stores) is True


def test_what_is_not_there_is_neither_withdrawn_nor_confirmed_nor_removed(stores: Stores) -> None:
    nothing = Sighting("v", told=True)
    assert stores.sightings.withdraw(ROOM, ALICE, nothing) is None
    stores.sightings.confirm(ROOM, ALICE, nothing)
    stores.sightings.remove(ROOM, ALICE, nothing)
    assert get(stores) is None


def test_an_sighting_is_removed(stores: Stores) -> None:
    stores.sightings.remove(ROOM, ALICE, told(stores))
    assert get(stores) is None


def test_what_has_changed_is_not_removed(stores: Stores) -> None:
    old = told(stores)
    renewed = announce(stores)
    stores.sightings.remove(ROOM, ALICE, old)
    assert get(stores) == renewed


def test_what_is_made_again_is_not_taken_for_the_one_that_was_removed(stores: Stores) -> None:
    old = announce(stores)
    stores.sightings.remove(ROOM, ALICE, old)
    again = announce(stores)
    assert stores.sightings.withdraw(ROOM, ALICE, old) is None
    stores.sightings.remove(ROOM, ALICE, old)
    assert get(stores) == again


def test_an_sighting_that_has_expired_is_none(stores: Stores) -> None:
    announced = told(stores)
    assert get(stores, LATER - 1) == Sighting(announced.version, told=True)
    assert get(stores, LATER) is None
    assert stores.sightings.of_topic(ROOM, 10, LATER) == {}


def test_who_is_announced_behind_the_end_of_an_old_sighting_is_announced_anew(
    stores: Stores,
) -> None:
    told(stores)
    announced = stores.sightings.announce(ROOM, ALICE, LATER, LATER + 60_000)
    assert (announced.told, get(stores, LATER)) == (False, announced)


def test_an_sighting_that_is_renewed_lasts_longer(stores: Stores) -> None:
    told(stores)
    stores.sightings.announce(ROOM, ALICE, NOW, LATER + 60_000)
    assert get(stores, LATER) is not None


def test_a_topic_has_its_own_sightings(stores: Stores) -> None:
    told(stores, ALICE)
    announce(stores, BOB)
    told(stores, ALICE, OTHER)
    found = stores.sightings.of_topic(ROOM, 10, NOW)
    assert {name: each.told for name, each in found.items()} == {"alice": True, "bob": False}


def test_only_so_many_are_read(stores: Stores) -> None:
    for number in range(5):
        announce(stores, Username(f"user{number}"))
    assert len(stores.sightings.of_topic(ROOM, 3, NOW)) == 3


# On DynamoDB


@pytest.mark.parametrize("seed", range(3))
def test_of_two_who_announce_the_same_user_the_later_one_renews(seed: int) -> None:
    with fresh("dynamodb") as stores:
        one, two = interleave(seed, lambda: announce(stores), lambda: announce(stores))
        assert isinstance(one, Sighting)
        assert isinstance(two, Sighting)
        assert get(stores) in (one, two)
        assert one != two


def test_an_sighting_that_is_removed_while_it_is_renewed_is_made_again(dynamo: Stores) -> None:
    old = told(dynamo)
    remove = lambda: dynamo.sightings.remove(ROOM, ALICE, old)  # noqa: E731
    with before("UpdateItem", "presence", remove):
        assert not announce(dynamo).told
    assert is_told(dynamo) is False


def test_an_sighting_that_never_stands_still_is_unavailable(dynamo: Stores) -> None:
    with failing("ConditionalCheckFailedException", table="presence"), pytest.raises(Unavailable):
        announce(dynamo)


@pytest.mark.parametrize("method", ["get", "of_topic", "announce", "confirm", "withdraw", "remove"])
def test_a_store_that_does_not_answer_is_unavailable(dynamo: Stores, method: str) -> None:
    announced = Sighting("v", told=True)
    arguments: dict[str, tuple[object, ...]] = {
        "get": (ROOM, ALICE, NOW),
        "of_topic": (ROOM, 10, NOW),
        "announce": (ROOM, ALICE, NOW, LATER),
    }
    given = arguments.get(method, (ROOM, ALICE, announced))
    with failing("ThrottlingException", table="presence"), pytest.raises(Unavailable):
        getattr(dynamo.sightings, method)(*given)


def test_a_first_sighting_is_one_write(dynamo: Stores) -> None:
    with listed() as calls:
        announce(dynamo)
    assert [call.operation for call in calls] == ["PutItem"]


def test_the_row_may_go_when_the_sighting_ends(dynamo: Stores) -> None:
    announce(dynamo)
    assert SightingRow.get(ROOM, ALICE).expires_at == LATER // 1000


# On DynamoDB: the rules of notify.announcing, interleaved and cut off


class Room:
    """eve watches the room; alice is in it as a1, and everybody has been told."""

    def __init__(self, stores: Stores) -> None:
        self.stores = stores
        self.gateway, self.later = FakeGateway(), FakeLaterQueue()
        self._ticks = itertools.count(NOW)
        watched = WatchedTopics((Pattern("room:*"),))
        self.connections = NoticedConnections(stores.connections, self.later, watched)
        clock = lambda: next(self._ticks)  # noqa: E731
        fanout = Fanout(self.gateway, self.connections, self.later, clock)
        self.announcing = Announcing(
            stores.sightings, stores.subscriptions, self.connections, fanout, self.later, clock
        )
        policy = TopicPolicy()
        self.presence = Presence(
            stores.subscriptions, self.connections, stores.sightings, policy, watched, clock
        )
        self.come("e", "eve")
        self.come("a1", "alice")
        self.work()
        self.gateway.posted.clear()

    def come(self, connection_id: str, name: str) -> None:
        connection = self.stores.open(connection_id, f"user:{name}", user=name)
        self.gateway.open.add(connection.id)
        self.connections.subscribe(connection, ROOM, 100)

    def go(self, connection_id: str) -> None:
        self.connections.close(ConnectionId(connection_id))

    def work(self) -> None:
        while self.later.waiting:
            for job in self.later.take():
                self.settle(job)

    def settle(self, job: LaterJob) -> None:
        assert isinstance(job, JoinJob | LeaveJob)
        self.announcing.settle(job)

    def heard(self) -> list[str]:
        """What eve was told of alice, in the order of `at`."""
        told = [frame for frame in self.gateway.frames("e") if frame["user_id"] == "alice"]
        return [frame["type"] for frame in sorted(told, key=lambda frame: str(frame["at"]))]


LEAVE, JOIN = LeaveJob(ROOM, ALICE), JoinJob(ROOM, ALICE)


@pytest.mark.parametrize("seed", range(4))
def test_who_joins_while_their_leave_is_decided_is_never_shown_as_gone(seed: int) -> None:
    with fresh("dynamodb") as stores:
        room = Room(stores)
        room.go("a1")
        returning = stores.open("a2", "user:alice")

        def come_back() -> None:
            room.connections.subscribe(returning, ROOM, 100)
            room.settle(JOIN)

        assert interleave(seed, lambda: room.settle(LEAVE), come_back) == [None, None]
        assert is_told(stores) is True
        assert room.heard()[-1:] in ([], ["presence_join"])


@pytest.mark.parametrize("seed", range(2))
def test_a_leave_that_is_worked_off_twice_at_once_ends_in_one(seed: int) -> None:
    with fresh("dynamodb") as stores:
        room = Room(stores)
        room.go("a1")
        interleave(seed, lambda: room.settle(LEAVE), lambda: room.settle(LEAVE))
        assert get(stores) is None
        assert set(room.heard()) == {"presence_leave"}


@pytest.mark.parametrize("seed", range(2))
def test_who_leaves_while_their_join_is_told_has_left_in_the_end(seed: int) -> None:
    with fresh("dynamodb") as stores:
        room = Room(stores)
        room.go("a1")
        room.work()
        room.come("a2", "alice")

        def leave() -> None:
            room.go("a2")
            room.settle(LEAVE)

        interleave(seed, lambda: room.settle(JOIN), leave)
        room.work()
        assert get(stores) is None


@pytest.mark.parametrize("seed", range(3))
def test_who_is_back_while_somebody_asks_is_shown_or_announced(seed: int) -> None:
    with fresh("dynamodb") as stores:
        room = Room(stores)
        room.go("a1")
        returning = stores.open("a2", "user:alice")
        admin = Principal(Username("root"), frozenset({"admin"}), None, NOW)

        def come_back() -> None:
            room.connections.subscribe(returning, ROOM, 100)
            room.settle(JOIN)

        found, back = interleave(seed, lambda: room.presence.of_topic(admin, ROOM), come_back)
        assert back is None
        assert isinstance(found, Attendances)
        is_shown = "alice" in {each.username for each in found.users}
        assert is_shown or room.heard() == ["presence_join"]
        assert is_told(stores) is True


def test_a_join_that_is_cut_off_anywhere_is_told_by_the_next_try(dynamo: Stores) -> None:
    room, latest = Room(dynamo), "a1"
    for number, attempt in enumerate(crashes()):
        room.go(latest)
        room.work()
        room.gateway.posted.clear()
        latest = f"b{number}"
        room.come(latest, "alice")
        attempt(lambda: room.settle(JOIN))
        room.settle(JOIN)
        assert is_told(dynamo) is True
        assert set(room.heard()) == {"presence_join"}


def test_a_leave_that_is_cut_off_anywhere_is_told_by_the_next_try(dynamo: Stores) -> None:
    room, latest = Room(dynamo), "a1"
    for number, attempt in enumerate(crashes()):
        room.go(latest)
        attempt(lambda: room.settle(LEAVE))
        room.settle(LEAVE)
        assert get(dynamo) is None
        assert set(room.heard()) == {"presence_leave"}
        latest = f"b{number}"
        room.come(latest, "alice")
        room.work()
        room.gateway.posted.clear()


def test_a_leave_that_is_cut_off_anywhere_is_void_for_who_is_back(dynamo: Stores) -> None:
    room, latest = Room(dynamo), "a1"
    for number, attempt in enumerate(crashes()):
        room.go(latest)
        attempt(lambda: room.settle(LEAVE))
        latest = f"b{number}"
        room.come(latest, "alice")
        room.settle(JOIN)
        room.settle(LEAVE)
        assert is_told(dynamo) is True
        assert room.heard()[-1:] in ([], ["presence_join"])
        room.gateway.posted.clear()


def test_a_subscription_that_is_cut_off_anywhere_ends_as_it_is(dynamo: Stores) -> None:
    room = Room(dynamo)
    for number, attempt in enumerate(crashes()):
        who = f"user{number}"
        connection = dynamo.open(f"x{number}", f"user:{who}", user=who)
        attempt(partial(room.connections.subscribe, connection, ROOM, 100))
    room.work()
    told_of = dynamo.sightings.of_topic(ROOM, 100, NOW)
    there = {subscriber.username for subscriber in dynamo.subscribers(ROOM)}
    assert {name for name, each in told_of.items() if each.told} == there
