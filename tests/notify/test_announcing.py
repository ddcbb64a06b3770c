import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notify.announcing import MAX_ROUNDS, MAX_TOLD
from notify.errors import Unavailable
from notify.jobs import JoinJob, LaterJob, LeaveJob
from notify.model import (
    MAX_AGE_MS,
    ROW_GRACE_MS,
    Connection,
    ConnectionId,
    Pattern,
    Username,
    timestamp,
)
from notify.noticing import LEAVE_SECONDS
from notify.ports import Outcome, Page, Sighting
from tests.fakes import FakeGateway, FakeSightings, FakeSubscriptions
from tests.notify.conftest import World, subscribe

ROOM = Pattern("room:1")
Step = tuple[str, int, int | None]


def come(world: World, connection_id: str, name: str, topic: str = ROOM) -> Connection:
    """A connection subscribes; nobody has worked off the jobs yet."""
    connection = world.open(connection_id, world.principal(name))
    world.noticed.subscribe(connection, Pattern(topic), 100)
    return connection


def work(world: World) -> Counter[str]:
    """Everything that waits, whatever its delay."""
    done = Counter[str]()
    while world.later_queue.waiting:
        for job in world.later_queue.take():
            done.update(world.later.run(job))
    return done


def told(world: World) -> set[str]:
    found = world.sightings.of_topic(ROOM, 1000, world.clock())
    return {name for name, sighting in found.items() if sighting.told}


def pushes(world: World, connection_id: str) -> list[tuple[str, str, int]]:
    return [
        (frame["type"].removeprefix("presence_"), frame["user_id"], frame["count"])
        for frame in world.gateway.frames(connection_id)
        if frame["type"] in ("presence_join", "presence_leave")
    ]


@pytest.fixture
def eve(world: World) -> World:
    """eve is in the room as e, and everybody has heard so."""
    come(world, "e", "eve")
    work(world)
    return world


# What is told, and whom


def test_the_first_connection_of_a_user_is_a_join_and_the_last_a_leave(eve: World) -> None:
    come(eve, "a1", "alice")
    work(eve)
    come(eve, "a2", "alice")
    work(eve)
    eve.hub.disconnect(ConnectionId("a1"))
    work(eve)
    assert pushes(eve, "e") == [("join", "alice", 2)]
    eve.hub.disconnect(ConnectionId("a2"))
    assert work(eve) == Counter(left=1)
    assert pushes(eve, "e") == [("join", "alice", 2), ("leave", "alice", 1)]


def test_a_push_says_who_where_how_many_and_when(eve: World) -> None:
    come(eve, "a1", "alice")
    work(eve)
    (frame,) = eve.gateway.frames("e")
    assert frame == {
        "type": "presence_join",
        "topic": "room:1",
        "user_id": "alice",
        "count": 2,
        "at": timestamp(eve.clock()),
    }


def test_who_subscribes_by_a_frame_is_announced(eve: World) -> None:
    eve.open("c1", eve.principal("alice"))
    subscribe(eve, ROOM)
    work(eve)
    assert pushes(eve, "e") == [("join", "alice", 2)]


def test_who_listens_by_a_wildcard_hears_and_is_not_counted(world: World) -> None:
    world.open("w", world.principal("eve"), "room:*")
    come(world, "a1", "alice")
    work(world)
    world.hub.disconnect(ConnectionId("a1"))
    work(world)
    assert pushes(world, "w") == [("join", "alice", 1), ("leave", "alice", 0)]


def test_a_connection_that_matches_twice_hears_once_and_counts(world: World) -> None:
    world.open("w", world.principal("eve"), "room:*", ROOM)
    come(world, "a1", "alice")
    work(world)
    assert pushes(world, "w") == [("join", "alice", 2)]


def test_who_leaves_is_not_counted_though_a_row_is_still_there(eve: World) -> None:
    come(eve, "a1", "alice")
    work(eve)
    row = eve.subscriber("a1", ROOM)
    eve.hub.disconnect(ConnectionId("a1"))
    eve.memory.members[ROOM][row.connection_id] = row
    work(eve)
    assert pushes(eve, "e") == [("join", "alice", 2), ("leave", "alice", 1)]


def test_nobody_is_told_of_themselves(eve: World) -> None:
    come(eve, "e2", "eve", "room:2")
    work(eve)
    come(eve, "a1", "alice", "room:2")
    work(eve)
    assert pushes(eve, "e2") == [("join", "alice", 2)]
    assert pushes(eve, "a1") == []


def test_other_topics_hear_nothing(eve: World) -> None:
    come(eve, "a1", "alice", "room:2")
    work(eve)
    assert pushes(eve, "e") == []


def test_who_is_back_in_time_has_neither_left_nor_come(eve: World) -> None:
    come(eve, "a1", "alice")
    work(eve)
    eve.hub.disconnect(ConnectionId("a1"))
    come(eve, "a2", "alice")
    assert work(eve) == Counter(unchanged=3)
    assert pushes(eve, "e") == [("join", "alice", 2)]


def test_a_leave_is_held_back(eve: World) -> None:
    come(eve, "a1", "alice")
    work(eve)
    eve.hub.disconnect(ConnectionId("a1"))
    ((job, delay),) = eve.later_queue.waiting
    assert (job, delay) == (LeaveJob(ROOM, Username("alice")), LEAVE_SECONDS)
    assert LEAVE_SECONDS == 5


class LeavesWhenHeard(FakeGateway):
    """bob closes his connection as soon as a push says that he has come."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world
        self.open = world.gateway.open

    def post_each(
        self, frames: Mapping[ConnectionId, bytes]
    ) -> Iterator[tuple[ConnectionId, Outcome]]:
        yield from super().post_each(frames)
        self._world.noticed.close(ConnectionId("b"))


def test_a_leave_that_a_join_comes_upon_is_held_back_too(eve: World) -> None:
    eve.gateway = LeavesWhenHeard(eve)
    come(eve, "b", "bob")
    assert eve.later.run(JoinJob(ROOM, Username("bob"))) == {"joined": 1}
    assert pushes(eve, "e") == [("join", "bob", 2)]
    leave, delay = eve.later_queue.waiting[-1]
    assert (leave, delay) == (LeaveJob(ROOM, Username("bob")), LEAVE_SECONDS)
    eve.later.run(leave)
    assert pushes(eve, "e") == [("join", "bob", 2), ("leave", "bob", 1)]


def test_who_is_back_behind_that_join_is_not_told_to_have_left(eve: World) -> None:
    eve.gateway = LeavesWhenHeard(eve)
    come(eve, "b", "bob")
    eve.later.run(JoinJob(ROOM, Username("bob")))
    come(eve, "again", "bob")
    work(eve)
    assert pushes(eve, "e") == [("join", "bob", 2)]


def test_who_is_back_later_has_left_and_come(eve: World) -> None:
    come(eve, "a1", "alice")
    work(eve)
    eve.hub.disconnect(ConnectionId("a1"))
    work(eve)
    come(eve, "a2", "alice")
    work(eve)
    assert [kind for kind, _, _ in pushes(eve, "e")] == ["join", "leave", "join"]


@pytest.mark.parametrize(("others", "heard"), [(MAX_TOLD - 1, 1), (MAX_TOLD, 0)])
def test_a_topic_with_more_than_a_hundred_connections_tells_nobody(
    world: World, others: int, heard: int
) -> None:
    for number in range(others):
        world.open(f"x{number:03}", world.principal(f"user{number}"), ROOM)
    come(world, "a1", "alice")
    work(world)
    assert len(pushes(world, "x000")) == heard
    assert told(world) == {"alice"}


def test_listeners_by_a_wildcard_count_towards_the_hundred(world: World) -> None:
    for number in range(MAX_TOLD):
        world.open(f"x{number:03}", world.principal(f"user{number}"), "room:*")
    come(world, "a1", "alice")
    work(world)
    assert world.gateway.posted == []


def test_a_push_that_fails_is_tried_again(eve: World) -> None:
    come(eve, "a1", "alice")
    eve.gateway.throttled.add(ConnectionId("e"))
    for job in eve.later_queue.take():
        eve.later.run(job)
    eve.gateway.throttled.clear()
    work(eve)
    assert pushes(eve, "e") == [("join", "alice", 2)]


def test_a_push_is_not_tried_again_for_who_has_left_the_room(eve: World) -> None:
    come(eve, "a1", "alice")
    eve.gateway.throttled.add(ConnectionId("e"))
    for job in eve.later_queue.take():
        eve.later.run(job)
    eve.noticed.unsubscribe(eve.memory.connections[ConnectionId("e")], ROOM)
    eve.gateway.throttled.clear()
    work(eve)
    assert pushes(eve, "e") == []


def test_who_is_found_gone_by_a_push_has_left(eve: World) -> None:
    come(eve, "b1", "bob")
    work(eve)
    eve.gateway.open.discard(ConnectionId("b1"))
    come(eve, "a1", "alice")
    work(eve)
    assert pushes(eve, "e")[1:] == [("join", "alice", 3), ("leave", "bob", 2)]


# Jobs come twice, late or never


@pytest.mark.parametrize("kind", [JoinJob, LeaveJob])
def test_a_job_for_nobody_does_nothing(world: World, kind: type[JoinJob] | type[LeaveJob]) -> None:
    job = kind(ROOM, Username("nobody"))
    assert world.later.run(job) == Counter(unchanged=1)
    assert world.untouched


def test_a_leave_that_comes_twice_is_told_once(eve: World) -> None:
    come(eve, "a1", "alice")
    work(eve)
    eve.hub.disconnect(ConnectionId("a1"))
    (job,) = eve.later_queue.take()
    assert eve.later.run(job) == Counter(left=1)
    assert eve.later.run(job) == Counter(unchanged=1)
    assert pushes(eve, "e") == [("join", "alice", 2), ("leave", "alice", 1)]


def test_a_leave_that_comes_late_is_void(eve: World) -> None:
    come(eve, "a1", "alice")
    work(eve)
    eve.hub.disconnect(ConnectionId("a1"))
    (late,) = eve.later_queue.take()
    come(eve, "a2", "alice")
    work(eve)
    assert eve.later.run(late) == Counter(unchanged=1)


def test_a_lost_leave_ends_with_the_next_one(eve: World) -> None:
    come(eve, "a1", "alice")
    work(eve)
    eve.hub.disconnect(ConnectionId("a1"))
    eve.later_queue.take()
    assert told(eve) == {"alice", "eve"}
    come(eve, "a2", "alice")
    eve.hub.disconnect(ConnectionId("a2"))
    work(eve)
    assert told(eve) == {"eve"}


def test_a_lost_leave_ends_with_its_time(eve: World) -> None:
    come(eve, "a1", "alice")
    work(eve)
    eve.hub.disconnect(ConnectionId("a1"))
    eve.later_queue.take()
    eve.clock.advance(MAX_AGE_MS + ROW_GRACE_MS)
    assert told(eve) == set()


def test_an_sighting_outlives_every_connection_that_renews_it(eve: World) -> None:
    come(eve, "a1", "alice")
    work(eve)
    eve.clock.advance(MAX_AGE_MS - 1)
    come(eve, "a2", "alice")
    work(eve)
    eve.clock.advance(MAX_AGE_MS - 1)
    assert "alice" in told(eve)


# Whoever comes while a leave is decided


class Returning(FakeSightings):
    """alice is back, and announced, in front of the first call of one method."""

    def __init__(self, world: World, method: str) -> None:
        super().__init__()
        self.world = world
        self.method = method

    def _pass(self, method: str) -> None:
        if self.method == method:
            self.method = ""
            come(self.world, "a2", "alice")
            for job in self.world.later_queue.take():
                self.world.later.run(job)

    def withdraw(self, *arguments: Any) -> Sighting | None:
        self._pass("withdraw")
        return super().withdraw(*arguments)

    def remove(self, *arguments: Any) -> None:
        self._pass("remove")
        super().remove(*arguments)


@pytest.mark.parametrize(
    ("method", "heard"), [("withdraw", ["join"]), ("remove", ["join", "leave", "join"])]
)
def test_who_is_back_while_their_leave_is_decided_is_there_in_the_end(
    world: World, method: str, heard: list[str]
) -> None:
    sightings = Returning(world, "")
    world.sightings = sightings
    come(world, "e", "eve")
    come(world, "a1", "alice")
    work(world)
    world.gateway.posted.clear()
    world.hub.disconnect(ConnectionId("a1"))
    sightings.method = method
    work(world)
    assert [kind for kind, _, _ in pushes(world, "e")] == heard[1:]
    assert told(world) == {"alice", "eve"}


class Restless(FakeSightings):
    """Somebody else has always been quicker."""

    def withdraw(self, *_: Any) -> Sighting | None:
        return None


def test_who_never_comes_to_rest_is_left_to_the_queue(world: World) -> None:
    world.sightings = Restless()
    come(world, "a1", "alice")
    work(world)
    world.hub.disconnect(ConnectionId("a1"))
    (job,) = world.later_queue.take()
    with pytest.raises(Unavailable):
        world.later.run(job)
    assert MAX_ROUNDS < 10


class BusySubscriptions(FakeSubscriptions):
    """The room cannot be read."""

    def page(self, pattern: Pattern, *arguments: Any) -> Page:
        if pattern == ROOM:
            raise Unavailable("the store does not answer: try again")
        return super().page(pattern, *arguments)


def test_a_join_that_could_not_be_told_is_told_when_it_is_tried_again(eve: World) -> None:
    come(eve, "a1", "alice")
    job = eve.later_queue.take()[0]
    eve.subscriptions = BusySubscriptions(eve.memory)
    with pytest.raises(Unavailable):
        eve.later.run(job)
    eve.subscriptions = FakeSubscriptions(eve.memory)
    assert eve.later.run(job) == Counter(joined=1)
    assert pushes(eve, "e") == [("join", "alice", 2)]


def test_who_left_unseen_is_announced_to_who_asked_meanwhile(eve: World) -> None:
    """eve asks while alice's leave is held back; alice is back before it is told."""
    come(eve, "a1", "alice")
    work(eve)
    eve.hub.disconnect(ConnectionId("a1"))
    state = eve.say("e", '{"type":"presence","topic":"room:1"}')[0]
    come(eve, "a2", "alice")
    work(eve)
    assert [user["user_id"] for user in state["users"]] == ["eve"]
    assert pushes(eve, "e") == [("join", "alice", 2), ("join", "alice", 2)]


# Any sequence of comings, goings and deaths


class Crash(BaseException):
    """Lambda has killed the function."""


@dataclass
class Life:
    """How many more calls a function makes before it dies; None for as many as it likes."""

    left: int | None = None

    def spend(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Crash


class Mortal:
    """A port whose caller may die in front of any call."""

    def __init__(self, port: Any, life: Life) -> None:
        self._port = port
        self._life = life

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if not callable(method):
            return method

        def call(*arguments: Any) -> Any:
            self._life.spend()
            return method(*arguments)

        return call


class Simulation:
    """eve watches the room from start to end; alice and bob come and go with many devices."""

    def __init__(self) -> None:
        self.world = World()
        self.gateway, self.queue = self.world.gateway, self.world.later_queue
        self.jobs: list[tuple[int, LaterJob]] = []
        self.numbers = itertools.count()
        self.life = Life()
        self.seen: dict[str, bool] = {}
        come(self.world, "e", "eve")
        self.collect()
        for port in ("connections", "subscriptions", "sightings", "gateway", "later_queue"):
            setattr(self.world, port, Mortal(getattr(self.world, port), self.life))
        self.settle()

    def take(self, step: Step) -> None:
        kind, number, calls = step
        self.life.left = calls
        try:
            getattr(self, kind)(number)
        except Crash:
            pass
        finally:
            self.life.left = None
            self.collect()

    def collect(self) -> None:
        now = self.world.clock()
        self.jobs += [(now + 1000 * delay, job) for job, delay in self.queue.waiting]
        self.queue.waiting.clear()

    @property
    def open(self) -> list[Connection]:
        everybody = self.world.memory.connections.values()
        return [each for each in everybody if each.id != "e"]

    # Steps

    def come(self, number: int) -> None:
        who = ("alice", "bob")[number % 2]
        come(self.world, f"{who}{next(self.numbers)}", who)

    def again(self, number: int) -> None:
        for connection in self.open[number : number + 1]:
            self.world.noticed.subscribe(connection, ROOM, 100)

    def unsubscribe(self, number: int) -> None:
        for connection in self.open[number : number + 1]:
            self.world.noticed.unsubscribe(connection, ROOM)

    def disconnect(self, number: int) -> None:
        for connection in self.open[number : number + 1]:
            self.gateway.open.discard(connection.id)
            self.world.hub.disconnect(connection.id)

    def vanish(self, number: int) -> None:
        """API Gateway never calls $disconnect."""
        for connection in self.open[number : number + 1]:
            self.gateway.open.discard(connection.id)

    def ask(self, _: int) -> None:
        (state,) = self.world.say("e", '{"type":"presence","topic":"room:1"}')
        present = {user["user_id"] for user in state["users"]}
        self.watch()
        self.seen = {name: name in present for name in ("alice", "bob")}

    def wait(self, number: int) -> None:
        self.world.clock.advance(number * 1000 * LEAVE_SECONDS)

    def work(self, number: int) -> None:
        """A job whose time has come, any of them; one whose function dies stays in the queue."""
        due = [entry for entry in self.jobs if entry[0] <= self.world.clock()]
        for entry in due[number : number + 1]:
            self.world.later.run(entry[1])
            self.jobs.remove(entry)

    def repeat(self, number: int) -> None:
        """SQS hands out a job that was done, or is not due, as if it were new."""
        for _, job in self.jobs[number : number + 1]:
            self.world.later.run(job)

    def lose(self, number: int) -> None:
        for entry in self.jobs[number : number + 1]:
            if isinstance(entry[1], LeaveJob):
                self.jobs.remove(entry)

    # What has become of it

    def settle(self) -> None:
        """Every job is done and none dies."""
        while self.jobs:
            entry = min(self.jobs, key=lambda entry: entry[0])
            self.jobs.remove(entry)
            self.world.clock.now = max(self.world.clock.now, entry[0])
            self.world.later.run(entry[1])
            self.collect()
        self.watch()

    def watch(self) -> None:
        """What eve makes of what she was sent: the later `at` is right."""
        frames = [frame for to, frame in self.gateway.posted if to == "e"]
        for frame in sorted(frames, key=lambda frame: str(frame.get("at"))):
            if frame["type"] in ("presence_join", "presence_leave"):
                self.seen[frame["user_id"]] = frame["type"] == "presence_join"
        self.gateway.posted.clear()

    def there(self) -> set[str]:
        return {each.principal.username for each in self.open if ROOM in each.topics}

    def shown(self) -> set[str]:
        return {name for name, present in self.seen.items() if present}


def steps(*kinds: str, mortal: tuple[str, ...]) -> st.SearchStrategy[list[Step]]:
    def step(kind: str) -> st.SearchStrategy[Step]:
        dies = st.none() | st.integers(0, 10) if kind in mortal else st.none()
        return st.tuples(st.just(kind), st.integers(0, 2), dies)

    return st.lists(st.sampled_from(kinds).flatmap(step), max_size=40)


GOING = ("unsubscribe", "disconnect", "disconnect")
ORDINARY = ("come", "again", *GOING, "wait", "wait", "work", "work", "work", "repeat", "ask")
PROPERTY = settings(derandomize=True, deadline=None, max_examples=150)


@PROPERTY
@given(steps(*ORDINARY, mortal=("come", "again", "work", "repeat", "ask")))
def test_after_quiet_exactly_those_who_are_there_are_announced(sequence: list[Step]) -> None:
    simulation = Simulation()
    for step in sequence:
        simulation.take(step)
    simulation.settle()
    assert told(simulation.world) == {*simulation.there(), "eve"}
    assert simulation.there() <= simulation.shown()


@PROPERTY
@given(steps(*ORDINARY, "vanish", "lose", mortal=(*ORDINARY, "vanish")))
def test_whatever_is_lost_nobody_who_is_there_is_shown_as_gone(sequence: list[Step]) -> None:
    simulation = Simulation()
    for step in sequence:
        simulation.take(step)
    simulation.settle()
    assert simulation.there() <= told(simulation.world)
    assert simulation.there() <= simulation.shown()
    # Who is shown and has left is so until the next leave.
    for name in (0, 1):
        simulation.take(("come", name, None))
    simulation.settle()
    while simulation.open:
        simulation.take(("disconnect", 0, None))
    simulation.settle()
    assert told(simulation.world) == {"eve"}
    assert simulation.shown() == set()
