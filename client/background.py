"""An event loop in a thread of its own, for those who have none."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

from .errors import Closed

T = TypeVar("T")
# What is still at work when the loop is to end, such as the goodbye of a socket, has so long.
PATIENCE = 5.0


class Background:
    """Starts with the first call. It is a daemon: who forgets to stop it may leave all the same."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopped = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread

    def run(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What the coroutine returns or raises. Ctrl-C cancels it. Raises: Closed after `stop`."""
        future = self.start(call)
        if threading.current_thread() is self._thread:
            future.cancel()
            raise RuntimeError("a callback cannot wait for the thread that it runs in")
        try:
            return future.result()
        except CancelledError:
            raise Closed("the client is closed") from None
        except BaseException:
            future.cancel()
            raise

    def start(self, call: Callable[[], Coroutine[Any, Any, T]]) -> "Future[T]":
        """Let the coroutine run by itself. Raises: Closed after `stop`."""
        with self._lock:
            if self._stopped:
                raise Closed("the client is closed")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=_serve, args=(self._loop,), name="heliograph", daemon=True
                )
                self._thread.start()
            return asyncio.run_coroutine_threadsafe(call(), self._loop)

    def stop(self) -> None:
        """Twice does no harm, nor does a call from another thread meanwhile."""
        with self._lock:
            self._stopped = True
            loop, self._loop = self._loop, None
            if loop is not None:
                loop.call_soon_threadsafe(loop.stop)
        if loop is not None and threading.current_thread() is not self._thread:
            self._thread.join()


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left, timeout=PATIENCE))
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        asyncio.set_event_loop(None)
        loop.close()
