"""Timers by a clock that can be advanced."""

import asyncio
import time

import pytest

from local_server.clock import Clock, Milliseconds


def test_it_tells_milliseconds_since_the_epoch() -> None:
    assert abs(Clock().now() - time.time() * 1000) < 1000


def test_advancing_moves_the_time_of_day() -> None:
    clock = Clock(lambda: 5_000_000)
    clock.advance(600)
    assert (clock.now(), clock.ahead_ms) == (600_005, 600_000)


def test_a_moment_of_the_machine_is_told_as_it_was_then() -> None:
    machine = [1_000]
    clock = Clock(lambda: machine[0] * 1_000_000)
    clock.advance(60)
    machine[0] = 2_000
    clock.advance(1)
    moments = [Milliseconds(moment) for moment in (999, 1_000, 1_999, 2_000)]
    assert [clock.at(moment) for moment in moments] == [999, 61_000, 61_999, 63_000]


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="backwards"):
        Clock().advance(-1)


async def test_advancing_wakes_who_is_due_and_nobody_else() -> None:
    clock = Clock()
    short, long = asyncio.ensure_future(clock.sleep(60)), asyncio.ensure_future(clock.sleep(120))
    await asyncio.sleep(0)
    clock.advance(60)
    await short
    assert not long.done()
    clock.advance(60)
    await long


async def test_a_cancelled_timer_never_fires() -> None:
    clock, fired = Clock(), []
    timer = clock.timer(10, lambda: fired.append("cancelled"))
    clock.timer(10, lambda: fired.append("kept"))
    timer.cancel()
    timer.cancel()
    clock.advance(10)
    await clock.sleep(0)
    assert fired == ["kept"]


async def test_waiting_ends_with_what_is_awaited_or_with_the_time() -> None:
    clock = Clock()
    loop = asyncio.get_running_loop()
    done, never = loop.create_future(), loop.create_future()
    done.set_result(1)
    assert await clock.wait(done, 60)
    waiting = asyncio.ensure_future(clock.wait(never, 60))
    await asyncio.sleep(0)
    clock.advance(60)
    assert not await waiting
    assert not never.cancelled()


async def test_an_error_stays_in_what_was_awaited() -> None:
    failed = asyncio.get_running_loop().create_future()
    failed.set_exception(KeyError("x"))
    assert await Clock().wait(failed, 1)
    assert isinstance(failed.exception(), KeyError)
