"""Waits of one length that share a timer."""

import asyncio
import gc
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.clock import Clock
from local_server.deadlines import Deadline, Deadlines


class Waits:
    """Ten seconds each."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.deadlines = Deadlines(self.clock, 10)
        self.passed: list[str] = []

    async def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        # Its timers run in the loop's next turn; uvloop needs one more.
        await asyncio.sleep(0.001)

    def start(self, name: str) -> "Waits":
        self.deadlines.start(lambda: self.passed.append(name))
        return self


@pytest.fixture
async def waits() -> "Waits":
    return Waits()


async def test_what_is_not_met_passes_in_its_order(waits: Waits) -> None:
    waits.start("first")
    await waits.advance(4)
    waits.start("second")
    await waits.advance(6)
    assert waits.passed == ["first"]
    await waits.advance(4)
    assert waits.passed == ["first", "second"]


async def test_what_is_met_never_passes(waits: Waits) -> None:
    met = waits.deadlines.start(lambda: waits.passed.append("met"))
    waits.start("second")
    met.meet()
    await waits.advance(11)
    assert waits.passed == ["second"]


async def test_one_that_stays_open_does_not_keep_all_that_were_met(waits: Waits) -> None:
    waits.start("open")
    for _ in range(10_000):
        waits.deadlines.start(lambda: None).meet()
    # Not isinstance: it asks a weak proxy for the class of what may be gone.
    assert sum(type(one) is Deadline for one in gc.get_objects()) < 5_000
    await waits.advance(11)
    assert waits.passed == ["open"]


async def test_nothing_passes_once_it_was_stopped(waits: Waits) -> None:
    waits.start("never")
    waits.deadlines.stop()
    await waits.advance(11)
    assert waits.passed == []


async def test_waiting_ends_with_the_future(waits: Waits) -> None:
    done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(done.set_result, 1)
    assert await waits.deadlines.wait(done)
    assert await waits.deadlines.wait(done)


async def test_waiting_ends_at_the_deadline_and_leaves_the_future_alone(waits: Waits) -> None:
    never: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    waiting = asyncio.ensure_future(waits.deadlines.wait(never))
    await asyncio.sleep(0)
    await waits.advance(10)
    assert not await waiting
    assert not never.done()


@given(st.lists(st.tuples(st.integers(0, 15), st.booleans()), max_size=12))
def test_exactly_those_pass_whose_time_has_come_unmet(steps: list[tuple[int, bool]]) -> None:
    asyncio.run(follow(steps))


async def follow(steps: list[tuple[int, bool]]) -> None:
    waits, now = Waits(), 0
    due: list[tuple[int, str]] = []
    for number, (seconds, is_met) in enumerate(steps):
        now += seconds
        await waits.advance(seconds)
        deadline = waits.deadlines.start(partial(waits.passed.append, str(number)))
        if is_met:
            deadline.meet()
        else:
            due.append((now + 10, str(number)))
    expected = [name for moment, name in due if moment <= now]
    assert waits.passed == expected
    waits.deadlines.stop()
