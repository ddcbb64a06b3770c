from collections.abc import Callable

import pytest
from msgspec.structs import replace

from notify.account_requests import ChangeUser
from notify.errors import TokenExpired, Unauthorized
from notify.model import Action, Pattern, Principal, Username
from notify.tickets import TICKET_SECONDS
from tests.notify.conftest import World

ALICE = Username("alice")


@pytest.fixture
def principal(world: World) -> Principal:
    caps = {Pattern("orders:*"): frozenset({Action.SUBSCRIBE})}
    plain = world.principal("alice", "member", tenant="acme", caps=caps)
    return replace(plain, sid="login", issued_at=world.clock())


def assert_refused(world: World, ticket: str) -> None:
    with pytest.raises(Unauthorized):
        world.tickets.admit(ticket)


def test_a_ticket_lets_in_whom_it_was_issued_to_with_everything_they_may(
    world: World, principal: Principal
) -> None:
    issued = world.tickets.issue(principal)
    assert issued.expires_in == TICKET_SECONDS == 30
    assert world.tickets.admit(issued.text) == principal


def test_a_ticket_lets_in_once(world: World, principal: Principal) -> None:
    ticket = world.tickets.issue(principal).text
    world.tickets.admit(ticket)
    assert_refused(world, ticket)


def test_a_ticket_is_good_for_thirty_seconds(world: World, principal: Principal) -> None:
    late, in_time = world.tickets.issue(principal).text, world.tickets.issue(principal).text
    world.clock.advance(TICKET_SECONDS * 1000 - 1)
    assert world.tickets.admit(in_time) == principal
    world.clock.advance(1)
    assert_refused(world, late)


def test_a_ticket_is_not_stored_but_its_hash(world: World, principal: Principal) -> None:
    ticket = world.tickets.issue(principal).text
    assert ticket not in repr(world.credentials.tickets)


def test_a_ticket_does_not_outlive_its_token(world: World, principal: Principal) -> None:
    short = replace(principal, token_expires_at=world.clock() + 1000)
    ticket = world.tickets.issue(short).text
    world.clock.advance(1000)
    assert_refused(world, ticket)


@pytest.mark.parametrize("what", ["disabled", "removed", "all devices", "this device"])
def test_a_ticket_does_not_outlive_its_login(world: World, principal: Principal, what: str) -> None:
    ticket, root = world.tickets.issue(principal).text, world.principal("root", "admin")
    world.clock.advance(1)
    ends: dict[str, Callable[[], object]] = {
        "disabled": lambda: world.accounts.change(root, "alice", ChangeUser(disabled=True)),
        "removed": lambda: world.accounts.remove(root, "alice"),
        "all devices": lambda: world.accounts.revoke_tokens(ALICE),
        "this device": lambda: world.logins.logout(principal, all_devices=False),
    }
    ends[what]()
    assert_refused(world, ticket)


@pytest.mark.parametrize("ticket", ["wst_", "wst_nonsense", "wst_" + "A" * 43])
def test_what_is_no_ticket_is_unauthorized(world: World, ticket: str) -> None:
    assert_refused(world, ticket)


def test_a_token_is_taken_where_a_ticket_is(world: World, principal: Principal) -> None:
    assert world.tickets.admit(world.token(principal)) == principal
    with pytest.raises(TokenExpired):
        world.tickets.admit(world.token(world.principal("alice", token_ms=0)))
    with pytest.raises(Unauthorized):
        world.tickets.admit(None)
