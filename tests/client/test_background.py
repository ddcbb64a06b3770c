import asyncio
import threading

import pytest

from client.background import Background
from client.errors import Closed


async def double(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


def test_it_runs_in_a_thread_of_its_own() -> None:
    background = Background()

    async def name() -> str:
        return threading.current_thread().name

    assert background.run(lambda: double(21)) == 42
    assert background.run(name) == "heliograph"
    background.stop()


def test_errors_arrive_where_they_were_asked_for() -> None:
    background = Background()

    async def fail() -> None:
        raise KeyError("a")

    with pytest.raises(KeyError):
        background.run(fail)
    background.stop()


def test_after_the_end_it_says_so() -> None:
    background = Background()
    background.stop()
    background.stop()

    with pytest.raises(Closed):
        background.run(lambda: double(1))


def test_the_end_ends_what_others_wait_for() -> None:
    background = Background()
    waits, heard = threading.Event(), []

    async def for_ever() -> None:
        waits.set()
        await asyncio.Event().wait()

    def wait() -> None:
        try:
            background.run(for_ever)
        except Closed as error:
            heard.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    waits.wait()
    background.stop()
    waiting.join()

    assert len(heard) == 1


def test_a_callback_cannot_wait_for_its_own_thread() -> None:
    background = Background()

    async def call_again() -> None:
        background.run(lambda: double(1))

    with pytest.raises(RuntimeError, match="callback"):
        background.run(call_again)
    background.stop()
