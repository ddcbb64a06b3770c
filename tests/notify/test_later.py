from collections import Counter

import pytest

from notify.accounts import Accounts
from notify.errors import Unauthorized
from notify.fanout import MAX_ATTEMPTS
from notify.jobs import RetryJob
from notify.model import ConnectionId, User, Username
from tests.fakes import FakeUsers
from tests.notify.conftest import World

FRAME = '{"type":"notification"}'
ONE = {"delivered": 1, "gone": 0, "failed": 0}


def post(world: World) -> None:
    """One frame to c1; whom it does not reach waits in the queue for later."""
    delivery = world.fanout.deliver(FRAME.encode(), [world.subscriber("c1")])
    world.fanout.retry(delivery, FRAME.encode())


def retry(world: World, attempt: int) -> Counter[str]:
    job = RetryJob(FRAME, (world.subscriber("c1"),), attempt)
    return world.later.run(job)


def test_a_retry_reaches_who_is_back(world: World) -> None:
    world.open("c1", world.principal("alice"))
    assert retry(world, 1) == ONE
    assert world.later_queue.waiting == []


def test_a_retry_that_fails_waits_longer(world: World) -> None:
    world.open("c1", world.principal("alice"))
    world.gateway.throttled.add(ConnectionId("c1"))
    assert retry(world, 1)["failed"] == 1
    ((job, delay),) = world.later_queue.waiting
    assert isinstance(job, RetryJob)
    assert (job.attempt, delay) == (2, 2)


def test_the_last_retry_is_the_last(world: World) -> None:
    world.open("c1", world.principal("alice"))
    world.gateway.throttled.add(ConnectionId("c1"))
    retry(world, MAX_ATTEMPTS)
    assert world.later_queue.waiting == []


def test_who_was_connecting_is_reached_by_a_retry(world: World) -> None:
    world.open("c1", world.principal("alice"), age_ms=0)
    world.gateway.open.clear()
    post(world)
    world.gateway.open.add(ConnectionId("c1"))
    (job,) = world.later_queue.take()
    assert world.later.run(job) == ONE


class LockedOut(FakeUsers):
    """Whose accounts go while they knock."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world
        self.looks = 0

    def get(self, username: Username) -> User | None:
        self.looks += 1
        if self.looks == 2:  # open() has stored the connection: a send finds it
            post(self._world)
            return None
        return super().get(username)


def test_who_is_refused_in_the_end_gets_nothing_that_was_sent_meanwhile() -> None:
    world = World()
    users = LockedOut(world)
    world.users = users
    world.accounts = Accounts(users, world.keyring, world.keyring, world.hasher, world.clock)
    world.add_user("alice")
    token = world.token(world.principal("alice"))
    with pytest.raises(Unauthorized):
        world.hub.connect(ConnectionId("c1"), token)
    world.gateway.open.add(ConnectionId("c1"))  # for as long as it takes to be told
    (job,) = world.later_queue.take()
    assert world.later.run(job) == {"delivered": 0, "gone": 1, "failed": 0}
    assert world.gateway.posted == []


def test_who_never_came_is_forgotten_before_the_last_attempt(world: World) -> None:
    world.open("c1", world.principal("alice"), age_ms=0)
    world.gateway.open.clear()
    post(world)
    while world.later_queue.waiting:
        ((job, delay),) = world.later_queue.waiting
        world.later_queue.waiting.clear()
        world.clock.advance(delay * 1000)
        world.later.run(job)
    assert not world.memory.connections
    assert world.counts.totals().connections == 0
