import pytest

from infra.tables import SightingRow
from notify.errors import Unavailable
from notify.model import Pattern, Username
from notify.ports import Sighting
from tests.fakes import NOW
from tests.infra.stores.calls import (
    before,
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
