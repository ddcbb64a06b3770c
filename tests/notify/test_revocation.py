from collections.abc import Callable, Iterable

import pytest
from msgspec.structs import replace

from notify.account_requests import ChangeUser
from notify.errors import Conflict, Revoked, Rollover, Unavailable, Unknown
from notify.jobs import LaterJob, RevokeJob
from notify.model import ConnectionId, Pattern, Principal, Username
from notify.ports import Audience
from notify.revocation import CHECK_SECONDS, Revocation
from tests.fakes import FakeLaterQueue, FakeSubscriptions
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
    assert (frame["type"], frame["code"], frame["reason"]) == ("disconnect", 4200, "maintenance")


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


# What is left open is closed later


ALICE = Username("alice")


def login(world: World, name: str = "alice", sid: str | None = None) -> Principal:
    return replace(world.principal(name), sid=sid, issued_at=world.clock())


def work_off(world: World) -> list[str]:
    """Whom the jobs that wait have closed, each done twice as SQS may."""
    for job in world.later_queue.take():
        world.later.run(job)
        world.later.run(job)
    return sorted(world.gateway.disconnected)


class BusySubscriptions(FakeSubscriptions):
    """A store that cannot say who is connected."""

    def audiences(self, pattern: Pattern) -> list[Audience]:
        raise Unavailable("the store does not answer: try again")

    def exactly(self, patterns: Iterable[Pattern]) -> list[Audience]:
        raise Unavailable("the store does not answer: try again")


def end_while_busy(world: World, do: Callable[[], object]) -> None:
    calm = world.subscriptions
    world.subscriptions = BusySubscriptions(world.memory)
    with pytest.raises(Unavailable):
        do()
    world.subscriptions = calm


@pytest.fixture
def connected(world: World) -> World:
    """alice by two logins, bob by one; all their tokens are a moment old."""
    world.open("c1", login(world, sid="phone"))
    world.open("c2", login(world, sid="laptop"))
    world.open("c3", login(world, "bob"))
    world.clock.advance(1)
    return world


def remove(world: World) -> None:
    root = world.principal("root", "admin")
    world.revocation.end("alice", lambda: world.accounts.remove(root, "alice"))


def test_what_a_removal_could_not_close_is_closed_by_its_job(connected: World) -> None:
    end_while_busy(connected, lambda: remove(connected))
    assert connected.gateway.disconnected == []
    ((_, delay),) = connected.later_queue.waiting
    assert delay == CHECK_SECONDS
    assert work_off(connected) == ["c1", "c2"]
    assert [frame["code"] for frame in connected.gateway.frames("c1")] == [4003]
    assert set(connected.memory.connections) == {"c3"}


def test_a_removal_that_is_repeated_closes_what_the_first_has_left(connected: World) -> None:
    end_while_busy(connected, lambda: remove(connected))
    with pytest.raises(Unknown):
        remove(connected)
    assert sorted(connected.gateway.disconnected) == ["c1", "c2"]


@pytest.mark.parametrize("name", ["x" * 1020, "a b", "alice:*", ""])
def test_for_what_cannot_be_a_username_nothing_is_looked_up_or_put_off(
    connected: World, name: str
) -> None:
    connected.subscriptions = BusySubscriptions(connected.memory)
    root = connected.principal("root", "admin")
    with pytest.raises(Unknown):
        connected.revocation.end(name, lambda: connected.accounts.remove(root, name))
    assert connected.later_queue.waiting == []


def test_the_next_owner_of_the_name_stays_connected_and_the_last_does_not(
    connected: World,
) -> None:
    end_while_busy(connected, lambda: remove(connected))
    connected.clock.advance(1)
    connected.add_user("alice")
    connected.open("new", login(connected))
    assert work_off(connected) == ["c1", "c2"]
    assert connected.gateway.frames("new") == []


def test_a_job_closes_only_what_the_end_of_one_login_has_left(connected: World) -> None:
    until = connected.clock() + 1000
    end_while_busy(
        connected,
        lambda: connected.revocation.end(
            "alice", lambda: connected.accounts.end_family(ALICE, "phone", until), "phone"
        ),
    )
    assert work_off(connected) == ["c1"]


def test_a_job_whose_write_never_happened_closes_nothing(connected: World) -> None:
    def fail() -> None:
        raise Conflict("the user is being changed by others: try again")

    with pytest.raises(Conflict):
        connected.revocation.end("alice", fail)
    assert work_off(connected) == []
    assert len(connected.memory.connections) == 3


def test_who_has_logged_in_again_is_not_met_by_the_job(connected: World) -> None:
    root = connected.principal("root", "admin")
    change = ChangeUser(password="battery staple")
    after = connected.revocation.end(
        "alice", lambda: connected.accounts.change(root, "alice", change)
    )
    assert after == connected.accounts.get("alice")
    connected.open("new", login(connected))
    assert work_off(connected) == ["c1", "c2"]


def test_what_the_job_closes_is_told_what_the_operator_has_said(connected: World) -> None:
    connected.revocation.foresee("alice", Revoked("stolen phone"))
    connected.accounts.revoke_tokens(ALICE)
    work_off(connected)
    assert connected.gateway.frames("c1")[0]["message"] == "stolen phone"


def test_a_connection_whose_row_is_lost_is_closed_with_the_others(connected: World) -> None:
    del connected.memory.connections[ConnectionId("c2")]
    assert connected.later.run(RevokeJob(ALICE, "")) == {"revoked": 1}
    assert connected.gateway.disconnected == ["c2"]


class DeadQueue(FakeLaterQueue):
    """A queue that takes nothing."""

    def put(self, jobs: Iterable[LaterJob], delay_seconds: int = 0) -> None:
        raise Unavailable("the queue does not answer: try again")


def test_a_login_ends_also_while_the_queue_does_not_answer(connected: World) -> None:
    connected.later_queue = DeadQueue()
    remove(connected)
    assert sorted(connected.gateway.disconnected) == ["c1", "c2"]
