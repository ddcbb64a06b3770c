"""Notifications at a steady rate, however long each of them takes."""

import asyncio
from collections.abc import Awaitable, Callable

from ..api import Api
from ..errors import HeliographError, Overflow
from .crowd import MARK
from .tally import Tally

# Who would have more of them at work has long missed the rate; they are counted, not sent.
MOST_AT_WORK = 100
USER = "user:"


class Sender:
    """Sends are timed by the plan, not by the answers: a slow service does not slow the load."""

    def __init__(
        self,
        api: Api,
        target: str,
        tally: Tally,
        run_id: str,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._api, self._target = api, target
        self._tally, self._run_id = tally, run_id
        self._clock, self._sleep = clock, sleep

    async def keep(self, rate: float) -> None:
        """So many a second, until it is cancelled."""
        began, number = self._clock(), 0
        async with asyncio.TaskGroup() as at_work:
            sends: set[asyncio.Task[None]] = set()
            while True:
                await self._sleep(max(0.0, began + number / rate - self._clock()))
                number += 1
                if len(sends) >= MOST_AT_WORK:
                    self._tally.failure("send", Overflow(f"left out, {MOST_AT_WORK} unanswered"))
                    continue
                send = at_work.create_task(self._send(number))
                sends.add(send)
                send.add_done_callback(sends.discard)

    async def _send(self, number: int) -> None:
        mark = {"run": self._run_id, "number": number, "sent_at": self._clock()}
        try:
            await self._ask(f"load {number}", {MARK: mark})
        except HeliographError as error:
            self._tally.failure("send", error)
        else:
            self._tally.sent += 1

    async def _ask(self, title: str, data: dict[str, object]) -> None:
        """Nothing is kept: a load is nobody's history."""
        if self._target.startswith(USER) and not self._target.endswith("*"):
            user = self._target.removeprefix(USER)
            await self._api.send(user, title, notification_type="load", data=data, persist=False)
        else:
            await self._api.broadcast(
                self._target, title, notification_type="load", data=data, persist="none"
            )
