"""Many connections that only listen: opened on a ramp, and not opened again if they are lost."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from ..connection import Connection, Socket, Surroundings
from ..errors import HeliographError
from ..fields import mapping
from ..frames import Notification
from ..pace import Pace
from ..pushes import Push
from .plan import Plan
from .tally import Tally

# In a notification's data: which load it belongs to, and when it was sent by this clock.
MARK = "heliograph_load"


class Crowd:
    """`run_id` tells our notifications from what else arrives. `complete`: all have tried."""

    def __init__(
        self,
        plan: Plan,
        tokens: Sequence[str],
        open_socket: Callable[[str], Awaitable[Socket]],
        tally: Tally,
        run_id: str,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._plan, self._tokens = plan, tokens
        self._open_socket = open_socket
        self._tally, self._run_id = tally, run_id
        self._clock, self._sleep = clock, sleep
        self._to_come = plan.connections
        self.complete = asyncio.Event()
        self._around = Surroundings(
            self._hear, on_error=self._note_refusal, clock=clock, sleep=sleep, on_push=_ignore
        )

    async def stay(self) -> None:
        """Until all connections have ended; cancel it to close them."""
        async with asyncio.TaskGroup() as members:
            for index in range(self._plan.connections):
                members.create_task(self._member(index))

    async def _member(self, index: int) -> None:
        await self._sleep(self._plan.start_of(index))
        self._tally.tried += 1
        began = self._clock()
        try:
            socket = await self._open_socket(self._tokens[index % len(self._tokens)])
        except HeliographError as error:
            self._tally.failure("connecting", error)
            self._came()
            return
        async with Connection(socket, self._around) as connection:
            await self._listen(connection, began)

    async def _listen(self, connection: Connection, began: float) -> None:
        try:
            welcome = await connection.hello(self._plan.topics)
        except HeliographError as error:
            self._tally.failure("connecting", error)
            return
        finally:
            self._came()
        self._tally.opened(self._clock() - began)
        interval = welcome.ping_interval
        end = await connection.until_end(Pace(interval) if interval else None)
        # Who is cancelled instead was open to the end.
        self._tally.lost(end)

    def _came(self) -> None:
        self._to_come -= 1
        if self._to_come == 0:
            self.complete.set()

    def _hear(self, notification: Notification) -> None:
        mark = mapping(notification.data, MARK)
        sent_at = mark.get("sent_at")
        if mark.get("run") == self._run_id and isinstance(sent_at, int | float):
            self._tally.arrived(self._clock() - sent_at)
        else:
            self._tally.other += 1

    def _note_refusal(self, error: HeliographError) -> None:
        self._tally.failure("connection", error)


def _ignore(push: Push) -> None:
    """Who comes and who goes is nothing to a crowd."""
