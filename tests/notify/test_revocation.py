from dataclasses import replace

import pytest

from notify.errors import Revoked, Rollover
from notify.model import ConnectionId
from notify.revocation import Revocation
from tests.notify.conftest import World


@pytest.fixture
def revocation(world: World) -> Revocation:
    world.open("c1", world.principal("alice"))
    world.open("c2", world.principal("alice"))
    world.open("c3", world.principal("bob"))
    return world.revocation


def test_every_connection_of_the_user_is_told_4003_and_closed(
    world: World, revocation: Revocation
) -> None:
    assert revocation.revoke("alice") == 2
    for connection_id in ("c1", "c2"):
        (frame,) = world.gateway.frames(connection_id)
        assert (frame["code"], frame["name"], frame["fatal"]) == (4003, "revoked", True)
    assert world.gateway.disconnected == ["c1", "c2"]
    assert set(world.memory.connections) == {"c3"}


def test_only_the_connections_of_one_login_are_closed(world: World, revocation: Revocation) -> None:
    principal = replace(world.principal("alice"), sid="phone")
    world.open("c4", principal)
    assert revocation.revoke("alice", Revoked(), "phone") == 1
    assert world.gateway.disconnected == ["c4"]


def test_they_are_told_what_the_operator_says(world: World, revocation: Revocation) -> None:
    revocation.revoke("bob", Rollover("maintenance"))
    (frame,) = world.gateway.frames("c3")
    assert (frame["code"], frame["message"], frame["fatal"]) == (4200, "maintenance", True)


def test_a_connection_is_told_once_however_many_of_its_topics_cover_the_user(
    world: World, revocation: Revocation
) -> None:
    world.open("c4", world.principal("bob"), "user:*")
    assert revocation.revoke("bob") == 2
    assert len(world.gateway.frames("c4")) == 1


def test_who_watches_the_user_stays(world: World, revocation: Revocation) -> None:
    world.open("c9", world.principal("auditor"), "user:alice")
    revocation.revoke("alice")
    assert world.gateway.frames("c9") == []
    assert ConnectionId("c9") in world.memory.connections


def test_a_user_who_is_away_has_nothing_to_close(revocation: Revocation) -> None:
    assert revocation.revoke("carol") == 0
