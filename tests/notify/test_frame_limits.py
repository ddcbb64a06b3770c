import json

import pytest

from notify.errors import RateLimited
from notify.frame_limits import FREE_FRAMES, FrameLimits, cost_of
from notify.limits import MINUTE_MS
from notify.messages import Hello, Message, Ping, Subscribe, SubscribePattern, Unsubscribe
from notify.model import ConnectionId
from tests.notify.conftest import World, refusal_code, subscribe, topics_of

C1, C2 = ConnectionId("c1"), ConnectionId("c2")
LIMIT = 30


@pytest.fixture
def paced(alice: World) -> World:
    alice.frame_limits = FrameLimits(alice.rates, alice.clock, LIMIT)
    return alice


def test_a_flood_of_pings_is_stopped_without_a_write(paced: World) -> None:
    codes = [refusal_code(paced.frame_limits.count, C1) for _ in range(LIMIT + 2)]
    assert codes == [None] * LIMIT + [4429, 4429]
    assert paced.limits.added == 0


def test_the_wait_is_until_the_end_of_the_minute(paced: World) -> None:
    paced.clock.advance(MINUTE_MS - 7)
    for _ in range(LIMIT):
        paced.frame_limits.count(C1)
    with pytest.raises(RateLimited) as raised:
        paced.frame_limits.count(C1)
    assert (raised.value.retry_after_ms, raised.value.limit) == (7, LIMIT)
    paced.clock.advance(7)
    assert refusal_code(paced.frame_limits.count, C1) is None


def test_connections_are_counted_for_themselves(paced: World) -> None:
    for _ in range(LIMIT):
        paced.frame_limits.count(C1)
    assert refusal_code(paced.frame_limits.count, C2) is None


def test_the_first_frames_that_cost_reads_cost_no_write(paced: World) -> None:
    for _ in range(FREE_FRAMES):
        paced.frame_limits.spend(C1)
    assert paced.limits.added == 0
    paced.frame_limits.spend(C1)
    assert [used for used, _ in paced.limits.counts.values()] == [FREE_FRAMES + 1]


def test_processes_count_together_what_costs_reads(paced: World) -> None:
    other = FrameLimits(paced.rates, paced.clock, LIMIT)
    for _ in range(FREE_FRAMES + 1):
        other.spend(C1)
    for _ in range(FREE_FRAMES):
        paced.frame_limits.spend(C1)
    assert refusal_code(paced.frame_limits.spend, C1) == 4429


def test_who_is_over_the_limit_costs_no_more_writes(paced: World) -> None:
    other = FrameLimits(paced.rates, paced.clock, LIMIT)
    for _ in range(LIMIT):
        other.spend(C1)
    for _ in range(FREE_FRAMES):
        paced.frame_limits.spend(C1)
    with pytest.raises(RateLimited):
        paced.frame_limits.spend(C1)
    written = paced.limits.added
    assert refusal_code(paced.frame_limits.count, C1) == 4429
    assert paced.limits.added == written


def test_a_frame_too_many_is_answered_4429_and_the_socket_stays(paced: World) -> None:
    for _ in range(LIMIT):
        assert paced.say("c1", '{"type":"ping"}')[0]["type"] == "pong"
    (frame,) = paced.say("c1", '{"type":"ping","id":"7"}')
    assert (frame["code"], frame["name"], frame["id"]) == (4429, "rate_limited", "7")
    assert (frame["retry_after_ms"], frame["fatal"]) == (MINUTE_MS, False)
    assert paced.gateway.disconnected == []
    paced.clock.advance(MINUTE_MS)
    assert paced.say("c1", '{"type":"ping"}')[0]["type"] == "pong"


def test_pings_and_what_costs_reads_are_told_apart(paced: World) -> None:
    for number in range(LIMIT):
        text = json.dumps({"type": "unsubscribe", "topics": [f"t{number}"]})
        paced.say("c1", '{"type":"ping"}' if number % 2 else text)
    assert paced.limits.added == 0  # 15 of them, which are free


@pytest.mark.parametrize(
    ("message", "cost"),
    [
        (Ping(), 1),
        (Hello(), 1),
        (Hello(topics=["a", "b", "c"]), 3),
        (Subscribe(["a", "b", "a"]), 2),
        (SubscribePattern("a:*"), 1),
        (Unsubscribe(["a", "b"]), 2),
    ],
)
def test_a_frame_costs_as_many_as_it_names_topics(message: Message, cost: int) -> None:
    assert cost_of(message) == cost


def test_many_topics_in_few_frames_are_as_many_frames(paced: World) -> None:
    first, second, third = ([f"t{frame}{number}" for number in range(12)] for frame in range(3))
    assert {frame["type"] for frame in subscribe(paced, *first)} == {"subscribed"}
    assert {frame["type"] for frame in subscribe(paced, *second)} == {"subscribed"}
    assert [frame["code"] for frame in subscribe(paced, *third)] == [4429]
    assert len(topics_of(paced)) == 4 + 24


def test_a_frame_that_costs_more_than_a_minute_may_come_first(paced: World) -> None:
    topics = [f"t{number}" for number in range(LIMIT + 10)]
    assert {frame["type"] for frame in subscribe(paced, *topics)} == {"subscribed"}
    assert [frame["code"] for frame in subscribe(paced, "one.more")] == [4429]


def test_what_was_free_is_counted_once(paced: World) -> None:
    for cost in (FREE_FRAMES - 1, 2, 3):
        paced.frame_limits.spend(C1, cost)
    assert [used for used, _ in paced.limits.counts.values()] == [FREE_FRAMES + 4]
