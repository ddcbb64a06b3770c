from typing import Any

import pytest
from msgspec.structs import replace

from infra.tables import CredentialRow
from notify.credentials import Family, Ticket
from notify.errors import Unavailable
from notify.model import Action, Pattern, Principal, Username
from tests.fakes import NOW
from tests.infra.stores.calls import before, failing, interleave, repeated
from tests.infra.stores.conftest import Stores, fresh

DAY_MS = 86_400_000
FAMILY = Family("sid", Username("alice"), "first", NOW, NOW + 30 * DAY_MS)
FULL = Principal(
    Username("alice"),
    frozenset({"member", "editor"}),
    "acme",
    NOW + 3_600_000,
    {Pattern("orders:*"): frozenset({Action.SUBSCRIBE})},
    "sid",
    NOW,
)
PLAIN = Principal(Username("bob"), frozenset(), None, NOW)
TICKET = Ticket("hash", FULL, NOW + 30_000)


# Families


def test_a_family_comes_back_as_added(stores: Stores) -> None:
    stores.credentials.add_family(FAMILY)
    assert stores.credentials.family("sid", NOW) == FAMILY
    assert stores.credentials.family("other", NOW) is None


def test_a_family_knows_what_its_login_has_read(stores: Stores) -> None:
    for revoked_before in (0, NOW):
        stores.credentials.add_family(replace(FAMILY, revoked_before=revoked_before))
        assert stores.credentials.rotate(FAMILY, "second", NOW)
        family = stores.credentials.family("sid", NOW)
        assert family is not None
        assert family.revoked_before == revoked_before


@pytest.mark.parametrize(("late", "found"), [(-1, True), (0, False)])
def test_a_family_ends_at_its_end(stores: Stores, late: int, found: bool) -> None:
    stores.credentials.add_family(FAMILY)
    then = FAMILY.expires_at + late
    assert (stores.credentials.family("sid", then) is not None) is found
    assert stores.credentials.rotate(FAMILY, "second", then) is found


def test_the_newest_secret_is_rotated_and_a_used_one_is_not(stores: Stores) -> None:
    stores.credentials.add_family(FAMILY)
    assert stores.credentials.rotate(FAMILY, "second", NOW)
    assert not stores.credentials.rotate(FAMILY, "third", NOW)
    assert stores.credentials.family("sid", NOW) == replace(FAMILY, secret_hash="second")


def test_a_removed_family_is_none_and_stays_so(stores: Stores) -> None:
    stores.credentials.add_family(FAMILY)
    stores.credentials.remove_family("sid")
    stores.credentials.remove_family("sid")
    assert not stores.credentials.rotate(FAMILY, "second", NOW)
    assert stores.credentials.family("sid", NOW) is None


@pytest.mark.parametrize("seed", range(4))
def test_of_two_who_rotate_at_once_one_does(seed: int) -> None:
    with fresh("dynamodb") as stores:
        stores.credentials.add_family(FAMILY)
        won = interleave(
            seed,
            lambda: stores.credentials.rotate(FAMILY, "mine", NOW),
            lambda: stores.credentials.rotate(FAMILY, "yours", NOW),
        )
        assert sorted(map(str, won)) == ["False", "True"]
        family = stores.credentials.family("sid", NOW)
        assert family is not None
        assert family.secret_hash == ("mine" if won[0] else "yours")


def test_a_rotation_that_is_sent_twice_is_one(dynamo: Stores) -> None:
    dynamo.credentials.add_family(FAMILY)
    assert dynamo.credentials.rotate(FAMILY, "second", NOW)
    assert dynamo.credentials.rotate(FAMILY, "second", NOW)


# Tickets


@pytest.mark.parametrize("principal", [FULL, PLAIN])
def test_a_ticket_lets_its_principal_in_once(stores: Stores, principal: Principal) -> None:
    stores.credentials.add_ticket(replace(TICKET, principal=principal))
    taken = stores.credentials.take_ticket("hash", NOW)
    assert taken == principal
    assert taken.issued_at == principal.issued_at
    assert stores.credentials.take_ticket("hash", NOW) is None


@pytest.mark.parametrize(("late", "good"), [(-1, True), (0, False)])
def test_a_ticket_is_good_until_its_end(stores: Stores, late: int, good: bool) -> None:
    stores.credentials.add_ticket(TICKET)
    taken = stores.credentials.take_ticket("hash", TICKET.expires_at + late)
    assert (taken is not None) is good


@pytest.mark.parametrize("seed", range(4))
def test_of_two_who_take_a_ticket_at_once_one_gets_it(seed: int) -> None:
    with fresh("dynamodb") as stores:
        stores.credentials.add_ticket(TICKET)
        taken = interleave(seed, *[lambda: stores.credentials.take_ticket("hash", NOW)] * 2)
        assert sorted(each is None for each in taken) == [False, True]


def test_a_ticket_whose_taking_is_repeated_because_its_answer_was_lost_is_taken_once(
    dynamo: Stores,
) -> None:
    dynamo.credentials.add_ticket(TICKET)
    with repeated("UpdateItem", "credentials"):
        assert dynamo.credentials.take_ticket("hash", NOW) == FULL
    assert dynamo.credentials.take_ticket("hash", NOW) is None


def test_a_taking_that_is_repeated_behind_that_of_another_gets_nothing(dynamo: Stores) -> None:
    dynamo.credentials.add_ticket(TICKET)
    taken = []

    def overtake() -> None:
        taken.append(dynamo.credentials.take_ticket("hash", NOW))

    with before("UpdateItem", "credentials", overtake), repeated("UpdateItem", "credentials"):
        assert dynamo.credentials.take_ticket("hash", NOW) is None
    assert taken == [FULL]


def test_a_worker_of_an_earlier_version_finds_a_taken_ticket_expired(dynamo: Stores) -> None:
    """It deletes the row to take it, and goes by the end that the row has."""
    dynamo.credentials.add_ticket(TICKET)
    assert dynamo.credentials.take_ticket("hash", NOW) == FULL
    assert CredentialRow.get("ticket:hash").ends_at <= NOW


def test_rows_go_with_the_tables_ttl(dynamo: Stores) -> None:
    dynamo.credentials.add_ticket(TICKET)
    dynamo.credentials.add_family(FAMILY)
    assert CredentialRow.get("ticket:hash").expires_at == TICKET.expires_at // 1000
    assert CredentialRow.get("family:sid").expires_at == FAMILY.expires_at // 1000


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("add_family", (FAMILY,)),
        ("family", ("sid", NOW)),
        ("rotate", (FAMILY, "second", NOW)),
        ("remove_family", ("sid",)),
        ("add_ticket", (TICKET,)),
        ("take_ticket", ("hash", NOW)),
    ],
)
def test_a_table_that_is_busy_is_unavailable(dynamo: Stores, method: str, arguments: Any) -> None:
    with failing("ThrottlingException"), pytest.raises(Unavailable):
        getattr(dynamo.credentials, method)(*arguments)
