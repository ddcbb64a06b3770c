"""One thread in which handlers run, one after the other, as in a worker's main thread."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")


class HandlerThread(Generic[T]):
    """A daemon: a handler that never ends does not keep the emulator from ending."""

    def __init__(self) -> None:
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="handler", daemon=True)
        self._thread.start()

    @property
    def is_current(self) -> bool:
        return threading.current_thread() is self._thread

    def run(self, work: Callable[[], T]) -> "asyncio.Future[T]":
        """`work` raises nothing."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def and_tell() -> None:
            result = work()
            # The emulator may have ended by now, and its loop with it.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_set, done, result)

        self._work.put(and_tell)
        return done

    def stop(self) -> None:
        self._work.put(None)

    def _run(self) -> None:
        # A main thread has one; `asyncio.get_event_loop()` is common in handlers.
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        while (work := self._work.get()) is not None:
            work()
        loop.close()


def _set(done: "asyncio.Future[T]", result: T) -> None:
    if not done.done():
        done.set_result(result)
