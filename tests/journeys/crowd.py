"""Thousands of clients in a process of their own: `python -m tests.journeys.crowd URL COUNT`.

Tokens come by standard input, a line each, and are taken in turn. Then a line a command: `heard ID`
is answered with how many clients got that notification and how many got it twice; `leave` closes
them all.
"""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from itertools import cycle, islice

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

AT_ONCE = 24
TRIES = 20
# API Gateway closes what is idle for ten minutes, and a crowd takes its time to gather.
PING_SECONDS = 240


class Member:
    """One client. It only listens."""

    def __init__(self, url: str, token: str) -> None:
        self._address = f"{url}?token={token}"
        self.heard = Counter[str]()
        self._socket: ClientConnection
        self._tasks: list[asyncio.Task[None]] = []

    async def come(self) -> None:
        for _ in range(TRIES):
            try:
                self._socket = await connect(
                    self._address, compression=None, ping_interval=None, open_timeout=60
                )
            except (InvalidHandshake, TimeoutError):
                continue
            self._tasks = [
                asyncio.create_task(self._listen()),
                asyncio.create_task(self._keep_alive()),
            ]
            return
        raise SystemExit("a client is never let in")

    async def leave(self) -> None:
        await self._socket.close()
        await asyncio.gather(*self._tasks)

    async def _listen(self) -> None:
        with suppress(ConnectionClosed):
            async for text in self._socket:
                self.heard[json.loads(text).get("id")] += 1

    async def _keep_alive(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                await asyncio.wait(self._tasks[:1], timeout=PING_SECONDS)
                await self._socket.send('{"type":"ping"}')


def answer(*numbers: int) -> None:
    sys.stdout.write(" ".join(map(str, numbers)) + "\n")
    sys.stdout.flush()


async def main(arguments: Sequence[str]) -> None:
    url, count = arguments[0], int(arguments[1])
    lines = iter(sys.stdin.readline, "")
    tokens = next(lines).split()
    crowd = [Member(url, token) for token in islice(cycle(tokens), count)]
    places = asyncio.Semaphore(AT_ONCE)

    async def one_by_one(member: Member, what: str) -> None:
        async with places:
            await getattr(member, what)()

    await asyncio.gather(*(one_by_one(member, "come") for member in crowd))
    answer(len(crowd))
    while line := await asyncio.to_thread(next, lines, ""):
        command, _, argument = line.strip().partition(" ")
        if command == "heard":
            times = [member.heard[argument] for member in crowd]
            answer(sum(map(bool, times)), sum(each > 1 for each in times))
        else:
            await asyncio.gather(*(one_by_one(member, "leave") for member in crowd))
            answer(0)
            return


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
