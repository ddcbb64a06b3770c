import json
from typing import Any

import pytest
from msgspec.structs import replace

from notify.errors import Unavailable
from notify.model import (
    Action,
    Connection,
    ConnectionId,
    Pattern,
    Principal,
    User,
    Username,
    timestamp,
)
from tests.fakes import FakeConnections, FakeUsers
from tests.notify.conftest import HOUR_MS, World, broadcast, subscribe, topics_of

C1 = ConnectionId("c1")


def auth(world: World, token: str | Principal, id: str = "a") -> dict[str, Any]:
    """The one frame that answers it."""
    text = token if isinstance(token, str) else world.token(token)
    (frame,) = world.say("c1", json.dumps({"type": "auth", "id": id, "token": text}))
    return frame


def test_a_connection_goes_on_with_a_new_token(alice: World) -> None:
    later = alice.principal("alice", "member", tenant="acme", token_ms=2 * HOUR_MS)
    assert auth(alice, later) == {
        "type": "authenticated",
        "id": "a",
        "token_expires_at": timestamp(later.token_expires_at),
    }
    alice.clock.advance(HOUR_MS)
    assert alice.say("c1", '{"type":"ping"}')[0]["type"] == "pong"
    alice.clock.advance(HOUR_MS)
    assert alice.say("c1", '{"type":"ping"}')[0]["code"] == 4002


def test_the_connection_is_of_the_new_login_from_then_on(alice: World) -> None:
    caps = {Pattern("user:bob"): frozenset({Action.SUBSCRIBE})}
    new = replace(alice.principal("alice", "editor", caps=caps), sid="new")
    auth(alice, new)
    assert alice.memory.connections[C1].principal == new
    assert alice.memory.connections[C1].renewals == 1


def test_what_waits_for_another_try_is_not_for_who_has_lost_the_role(alice: World) -> None:
    alice.gateway.throttled.add(C1)
    assert broadcast(alice, "role:member").failed == 1
    alice.gateway.throttled.clear()
    auth(alice, alice.principal("alice", "editor", tenant="acme"))
    alice.do_later()
    assert [frame["type"] for frame in alice.gateway.frames("c1")] == ["authenticated"]
    assert C1 in alice.memory.connections


@pytest.mark.parametrize("token", ["", "nonsense", "wst_" + "A" * 43])
def test_a_token_that_proves_nothing_is_4401_and_the_connection_stays(
    alice: World, token: str
) -> None:
    frame = auth(alice, token)
    assert (frame["code"], frame["name"], frame["fatal"]) == (4401, "reauth_required", False)
    assert alice.say("c1", '{"type":"ping"}')[0]["type"] == "pong"


def test_an_expired_or_revoked_token_is_4401_too(alice: World) -> None:
    assert auth(alice, alice.principal("alice", token_ms=0))["code"] == 4401
    ended = replace(alice.principal("alice"), sid="ended")
    alice.accounts.end_family(ended.username, "ended", ended.token_expires_at)
    assert auth(alice, ended)["code"] == 4401


def test_somebody_elses_token_is_4403_and_changes_nothing(alice: World) -> None:
    before = alice.memory.connections[C1]
    assert auth(alice, alice.principal("bob", "manager"))["code"] == 4403
    assert alice.memory.connections[C1] == before


def test_a_token_too_long_is_invalid(alice: World) -> None:
    assert auth(alice, "x" * 8193)["code"] == 4422


# What the new token may


def test_lost_roles_and_tenants_lose_their_topics_and_gained_ones_are_there(alice: World) -> None:
    auth(alice, alice.principal("alice", "editor", tenant="other"))
    assert topics_of(alice) == {"general", "user:alice", "role:editor", "tenant:other"}
    assert not alice.memory.members[Pattern("role:member")]
    assert C1 in alice.memory.members[Pattern("role:editor")]


def test_subscriptions_that_are_not_allowed_any_more_go_and_others_stay(world: World) -> None:
    caps = {Pattern("user:bob"): frozenset({Action.SUBSCRIBE})}
    world.open("c1", world.principal("alice", caps=caps), "user:bob", "orders:eu")
    auth(world, world.principal("alice"))
    assert topics_of(world) == {"general", "user:alice", "orders:eu"}


def test_who_held_a_hundred_topics_gets_the_new_ones_all_the_same(world: World) -> None:
    own = [f"t{number}" for number in range(100)]
    world.open("c1", world.principal("alice"), *own)
    roles = [f"r{number}" for number in range(50)]
    assert auth(world, world.principal("alice", *roles))["type"] == "authenticated"
    assert len(topics_of(world)) == 152


# Races


class OvertakenConnections(FakeConnections):
    """Something happens in front of one call."""

    def __init__(self, world: World, call: str, do: Any) -> None:
        super().__init__(world.memory)
        self._call = call
        self._do = do

    def _before(self, call: str) -> None:
        if call == self._call:
            self._call = ""
            self._do()

    def renew(self, connection: Connection, principal: Principal) -> Connection:
        self._before("renew")
        return super().renew(connection, principal)

    def subscribe(self, connection: Connection, pattern: Pattern, limit: int) -> None:
        self._before("subscribe")
        super().subscribe(connection, pattern, limit)

    def unsubscribe(self, connection: Connection, pattern: Pattern) -> None:
        self._before("unsubscribe")
        super().unsubscribe(connection, pattern)


@pytest.mark.parametrize("call", ["renew", "subscribe", "unsubscribe"])
def test_of_two_tokens_at_once_one_decides_everything(alice: World, call: str) -> None:
    calm = alice.connections

    def second() -> None:
        alice.connections = calm
        assert auth(alice, alice.principal("alice", "second"), id="2")["type"] == "authenticated"

    alice.connections = OvertakenConnections(alice, call, second)
    principal = alice.principal("alice", "first")
    frames = alice.say(
        "c1", json.dumps({"type": "auth", "id": "1", "token": alice.token(principal)})
    )
    answers = {frame["id"]: frame.get("code") for frame in frames}
    assert answers == {"1": 4409, "2": None}
    assert alice.memory.connections[C1].principal.roles == {"second"}
    assert topics_of(alice) == {"general", "user:alice", "role:second"}


def test_a_subscription_on_its_way_is_decided_by_the_new_token(world: World) -> None:
    caps = {Pattern("user:bob"): frozenset({Action.SUBSCRIBE})}
    world.open("c1", world.principal("alice", caps=caps))
    calm = world.connections

    def lose_the_cap() -> None:
        world.connections = calm
        auth(world, world.principal("alice"))

    world.connections = OvertakenConnections(world, "subscribe", lose_the_cap)
    frames = subscribe(world, "user:bob")
    assert [frame["code"] for frame in frames if frame["id"] == "s"] == [4403]
    assert "user:bob" not in topics_of(world)


def test_what_a_new_token_brings_is_not_given_back_by_an_old_frame(alice: World) -> None:
    alice.open("c1", alice.principal("alice"), "orders:eu")
    calm = alice.connections

    def renew() -> None:
        alice.connections = calm
        auth(alice, alice.principal("alice"))

    alice.connections = OvertakenConnections(alice, "unsubscribe", renew)
    frames = alice.say("c1", '{"type":"unsubscribe","id":"u","topics":["orders:eu"]}')
    assert [frame["type"] for frame in frames if frame["id"] == "u"] == ["unsubscribed"]
    assert topics_of(alice) == {"general", "user:alice"}


def test_a_login_that_ends_while_its_token_comes_ends_the_connection_too(alice: World) -> None:
    new, calm = replace(alice.principal("alice", "member"), sid="new"), alice.connections

    def log_out() -> None:
        alice.connections = calm
        alice.logins.logout(new, all_devices=False)

    alice.connections = OvertakenConnections(alice, "renew", log_out)
    frame = auth(alice, new)
    assert (frame["code"], frame["fatal"]) == (4003, True)
    assert alice.gateway.disconnected == [C1]
    assert not alice.memory.connections


class BreakingConnections(FakeConnections):
    """A store that takes the token, and then no subscription."""

    def subscribe(self, connection: Connection, pattern: Pattern, limit: int) -> None:
        raise Unavailable("the store does not answer: try again")


def test_a_connection_that_is_half_another_is_closed_and_may_come_back(alice: World) -> None:
    alice.connections = BreakingConnections(alice.memory)
    frame = auth(alice, alice.principal("alice", "editor"))
    assert (frame["code"], frame["fatal"]) == (4200, True)
    assert alice.gateway.disconnected == [C1]
    assert not alice.memory.connections


class StuckConnections(BreakingConnections):
    """A store that from then on does not even take a farewell."""

    def close(self, connection_id: ConnectionId) -> Connection | None:
        raise Unavailable("the store does not answer: try again")


def test_it_is_closed_also_where_its_row_must_stay_for_now(alice: World) -> None:
    alice.connections = StuckConnections(alice.memory)
    frame = auth(alice, alice.principal("alice", "editor"))
    assert (frame["code"], frame["fatal"]) == (4200, True)
    assert alice.gateway.disconnected == [C1]


class BusyUsers(FakeUsers):
    """A store that answers so many times, and then not once."""

    answers = 1000

    def get(self, username: Username) -> User | None:
        self.answers -= 1
        if self.answers < 0:
            raise Unavailable("the store does not answer: try again")
        return super().get(username)


@pytest.mark.parametrize(("answers", "code", "stays"), [(0, 4503, True), (1, 4200, False)])
def test_a_token_that_cannot_be_checked_again_closes_and_one_never_checked_does_not(
    answers: int, code: int, stays: bool
) -> None:
    users = BusyUsers()
    world = World(users=users)
    world.add_user("alice", "member")
    world.open("c1", world.principal("alice", "member"))
    users.answers = answers
    assert auth(world, world.principal("alice", "editor"))["code"] == code
    assert (C1 in world.gateway.open, bool(world.memory.connections)) == (stays, stays)
