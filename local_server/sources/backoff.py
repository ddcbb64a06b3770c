"""Trying again, ever later."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from local_server.clock import Clock

logger = logging.getLogger("local_server.sources")

_MOST_S = 60.0

T = TypeVar("T")


def backoff_s(failures: int) -> float:
    """1, 2, 4 seconds and so on after so many failures in a row, a minute at last."""
    return float(min(_MOST_S, 2.0 ** min(failures - 1, 6)))


async def patiently(call: Callable[[], Awaitable[T]], clock: Clock, name: str) -> T:
    """The answer of the store, however long it refuses or is away."""
    failures = 0
    while True:
        try:
            return await call()
        except (BotoCoreError, ClientError) as error:
            failures += 1
            logger.warning("%s cannot be read: %s", name, error)
        await clock.sleep(backoff_s(failures))
