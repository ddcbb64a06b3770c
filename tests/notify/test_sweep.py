from collections import Counter

import pytest

from notify.deadlines import MINUTE_MS, OVERDUE_MS
from notify.errors import Unavailable
from notify.model import ConnectionId, Pattern
from notify.parts import Shard
from notify.ports import PAGE_SIZE, TOTALS, Look
from notify.replanning import PATIENCE_MINUTES
from notify.sweep import FIRST_MINUTES, MET_AT_ONCE, RECOUNT_MINUTES, RESERVE_MS
from notify.topics import PARTS, part_of
from tests.fakes import FakeRecounts
from tests.notify.conftest import (
    HOUR_MS,
    PROBE_MS,
    DeafDeliveries,
    HungGateway,
    World,
    broadcast,
    reached,
)

C1 = ConnectionId("c1")
GENERAL = Shard(Pattern("general"), 0)


def plenty() -> int:
    return RESERVE_MS


class Patience:
    """Time for so many questions after it."""

    def __init__(self, questions: int) -> None:
        self._left = questions

    def __call__(self) -> int:
        self._left -= 1
        return RESERVE_MS if self._left >= 0 else RESERVE_MS - 1


def minute(world: World) -> int:
    return world.clock() // MINUTE_MS


def sweep(world: World, minutes: int = 0) -> Counter[str]:
    """Once now, or once in each of the next minutes; what all of them did."""
    if not minutes:
        return world.sweep.run(plenty)
    done = Counter[str]()
    for _ in range(minutes):
        world.clock.advance(MINUTE_MS)
        done.update(world.sweep.run(plenty))
    return done


def waiting(world: World) -> int:
    return sum(map(len, world.deadlines.by_minute.values()))


def test_whose_disconnect_was_lost_is_forgotten_with_the_next_probe(world: World) -> None:
    world.open("c1", world.principal("alice"), "orders:eu", age_ms=0)
    sweep(world)
    world.gateway.open.clear()
    done = sweep(world, PROBE_MS // MINUTE_MS)
    assert done["gone"] == 1
    assert world.memory.live() == []
    assert sweep(world, 1)["closed"] == 1
    assert waiting(world) == 0


def test_whose_disconnect_came_is_met_no_more(world: World) -> None:
    world.open("c1", world.principal("alice"), age_ms=0)
    world.hub.disconnect(C1)
    done = sweep(world, PROBE_MS // MINUTE_MS)
    assert (done["met"], done["closed"], waiting(world)) == (0, 1, 0)


def test_a_token_is_warned_of_once_and_then_ends(world: World) -> None:
    world.open("c1", world.principal("alice", token_ms=10 * MINUTE_MS), age_ms=0)
    world.clock.advance(20_000)  # the schedule's second of the minute
    done = sweep(world, 12)
    warning, farewell = world.gateway.frames("c1")
    assert (warning["type"], farewell["code"]) == ("token_expiring", 4002)
    assert MINUTE_MS <= warning["expires_in_ms"] <= 3 * MINUTE_MS
    assert (done["told"], done["expired"]) == (1, 1)
    assert not world.memory.connections


def test_a_connection_is_closed_at_the_end_of_its_life(world: World) -> None:
    world.open("c1", world.principal("alice", token_ms=10 * HOUR_MS), age_ms=0)
    assert sweep(world, OVERDUE_MS // MINUTE_MS)["ended"] == 1
    assert not world.memory.connections


def test_what_a_crash_has_left_of_a_lost_row_is_removed(world: World) -> None:
    connection = world.open("c1", world.principal("alice"), age_ms=0)
    world.memory.connections.pop(connection.id)
    sweep(world, PROBE_MS // MINUTE_MS)
    assert world.memory.live() == []


def test_who_has_left_is_recounted_for_once_in_a_while(world: World) -> None:
    for number in range(3):
        world.open(f"c{number}", world.principal("alice"), age_ms=0)
        world.hub.disconnect(ConnectionId(f"c{number}"))
    sweep(world, PROBE_MS // MINUTE_MS)
    world.recounts.looked.clear()
    sweep(world, RECOUNT_MINUTES)
    places = [place for place in world.recounts.looked if place.pattern != TOTALS]
    assert Counter(places)[Shard(Pattern("user:alice"), 0)] == 1


def test_every_part_of_the_directory_is_recounted_within_its_round(world: World) -> None:
    world.open("c1", world.principal("alice"), "orders:eu")
    sweep(world, PARTS)
    looked = world.recounts.looked
    assert {Shard(TOTALS, part) for part in range(PARTS)} <= set(looked)
    assert {GENERAL, Shard(Pattern("orders:eu"), 0)} <= set(looked)


def test_what_is_suspect_is_looked_at_again_in_a_minute(world: World) -> None:
    world.open("c1", world.principal("alice"))
    world.recounts.found[GENERAL] = [Look(suspect=True), Look(corrected=1)]
    while minute(world) % PARTS != part_of("general"):
        world.clock.advance(MINUTE_MS)
    assert sweep(world)["corrected"] == 0
    assert sweep(world, 1)["corrected"] == 1
    assert sweep(world, 1)["corrected"] == 0
    assert not any(world.recounts.by_minute.values())


class BusyRecounts(FakeRecounts):
    """One place cannot be read."""

    def look(self, place: Shard, now: int) -> Look:
        super().look(place, now)
        if place == GENERAL:
            raise Unavailable("the store does not answer: try again")
        return Look()


def test_one_busy_place_does_not_hold_up_the_others(world: World) -> None:
    world.recounts = BusyRecounts(world.memory)
    orders = Shard(Pattern("orders:eu"), 0)
    world.recounts.put([GENERAL, orders], minute(world))
    assert sweep(world)["failed"] == 1
    assert orders in world.recounts.looked
    assert GENERAL in world.recounts.by_minute[minute(world) + 1]


def test_after_an_outage_every_minute_is_made_up_for(world: World) -> None:
    world.open("c1", world.principal("alice", token_ms=10 * MINUTE_MS), age_ms=0)
    sweep(world)
    world.clock.advance(24 * HOUR_MS)
    done = sweep(world)
    assert (done["ended"], done["lag_minutes"]) == (1, 0)
    assert not world.memory.connections


def test_the_first_run_of_all_looks_back_a_little(world: World) -> None:
    world.open("c1", world.principal("alice"), age_ms=PROBE_MS + FIRST_MINUTES * MINUTE_MS // 2)
    world.gateway.open.clear()
    assert sweep(world)["gone"] == 1


def test_a_run_that_is_short_of_time_is_gone_on_with(world: World) -> None:
    for number in range(2 * PAGE_SIZE):
        world.open(f"c{number:04}", world.principal("alice"), age_ms=0)
    sweep(world)
    world.gateway.open.clear()
    world.clock.advance(PROBE_MS)
    first = world.sweep.run(Patience(1))
    assert (first["gone"], first["lag_minutes"]) == (MET_AT_ONCE, 1)
    second = world.sweep.run(plenty)
    assert (second["gone"], second["lag_minutes"]) == (2 * PAGE_SIZE - MET_AT_ONCE, 0)


class Minute:
    """The time of one run, by the world's clock."""

    def __init__(self, world: World) -> None:
        self._clock = world.clock
        self._end = world.clock() + MINUTE_MS

    def __call__(self) -> int:
        return self._end - self._clock()


@pytest.mark.parametrize(
    ("token_ms", "expired", "told"),
    [(PROBE_MS, PAGE_SIZE, 0), (PROBE_MS + 2 * MINUTE_MS, 0, PAGE_SIZE - 8)],
)
def test_a_few_hung_peers_hold_up_nobody_else(
    world: World, token_ms: int, expired: int, told: int
) -> None:
    """Whether they are to be closed or warned."""
    for number in range(PAGE_SIZE):
        world.open(f"c{number:04}", world.principal("alice", token_ms=token_ms), age_ms=0)
    sweep(world)
    world.gateway = gateway = HungGateway(world)
    gateway.hung = {ConnectionId(f"c{number:04}") for number in range(8)}
    world.clock.advance(PROBE_MS)
    time_left = Minute(world)
    done = world.sweep.run(time_left)
    assert time_left() > RESERVE_MS
    assert (done["expired"], done["told"], done["lag_minutes"]) == (expired, told, 0)


def test_a_page_of_hung_peers_is_worked_off_run_by_run(world: World) -> None:
    for number in range(PAGE_SIZE):
        world.open(f"c{number:04}", world.principal("alice", token_ms=PROBE_MS), age_ms=0)
    sweep(world)
    world.gateway = gateway = HungGateway(world)
    gateway.hung = set(gateway.open)
    world.clock.advance(PROBE_MS)
    expired, runs = 0, 0
    while world.memory.connections:
        time_left = Minute(world)
        expired += world.sweep.run(time_left)["expired"]
        assert time_left() > 0
        runs += 1
        assert runs < 10
    assert expired == PAGE_SIZE


def test_looking_at_counts_takes_time_too(world: World) -> None:
    world.recounts.put([GENERAL], minute(world))
    assert world.sweep.run(Patience(0))["lag_minutes"] == 1
    assert GENERAL in world.recounts.by_minute[minute(world)]
    assert sweep(world)["lag_minutes"] == 0


def test_a_second_run_in_one_minute_does_nothing_twice(world: World) -> None:
    world.open("c1", world.principal("alice", token_ms=10 * MINUTE_MS), age_ms=0)
    sweep(world, 8)
    before = list(world.gateway.posted)
    assert sweep(world)["met"] == 0
    assert world.gateway.posted == before


@pytest.mark.parametrize("token_ms", [1, MINUTE_MS, 2 * MINUTE_MS])
def test_a_short_token_ends_a_connection_soon(world: World, token_ms: int) -> None:
    world.hub.connect(C1, world.token(world.principal("alice", token_ms=token_ms + 1000)))
    world.gateway.open.add(C1)
    sweep(world, 5)
    assert not world.memory.connections
    assert world.gateway.frames("c1")[-1]["code"] == 4002


def test_a_broadcast_whose_call_died_is_put_into_the_queue(three: World) -> None:
    three.max_inline_recipients = 1
    broadcast(three, "general")
    three.deliveries.take()
    assert sweep(three, PATIENCE_MINUTES)["replanned"] == 1
    three.deliver_all()
    assert reached(three) == ["c1", "c2", "c3"]


def test_a_queue_that_does_not_answer_holds_nothing_up(three: World) -> None:
    three.max_inline_recipients = 1
    broadcast(three, "general")
    three.deliveries = DeafDeliveries()
    three.gateway.open.clear()
    done = sweep(three, PATIENCE_MINUTES)
    assert (done["replanned"], done["failed"], done["gone"]) == (0, 1, 3)
