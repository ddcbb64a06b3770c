"""Plays tests/scenarios.json with the hook in a browser, over real sockets."""

import asyncio
import time
from collections.abc import Callable
from itertools import zip_longest

from tests.client.in_memory import Json
from tests.client.player import Player
from tests.journeys.hook import CLOSED, CONNECTING, OPEN, Hook, Page, Seen
from tests.journeys.loopback import Loopback, Wire

PATIENCE_SECONDS = 30


class HookStage(Player):
    """The hook, and the server at the other end of its sockets."""

    def __init__(self, page: Page, loopback: Loopback) -> None:
        super().__init__()
        self._hook = Hook(page)
        self._url = loopback.url
        self._wires = loopback.begin(self.gateway)
        self._seen: Seen
        self._topics: list[str] | None = None

    async def play(self, scenario: Json, *, follows: bool) -> None:
        topics = scenario.get("topics", [])
        await asyncio.to_thread(self._hook.mount, self._url, topics=topics, follows=follows)
        await self._look()
        await self.steps(*scenario["steps"])
        if self._topics is not None:
            await self._ask_for_topics(self._topics)
        await asyncio.to_thread(self._hook.end)

    async def _pull(self, string: str, *arguments: object) -> None:
        await asyncio.to_thread(self._hook.pull, string, *arguments)

    async def _look(self) -> None:
        self._seen = seen = await asyncio.to_thread(self._hook.look)
        if seen.status != "disconnected":
            assert sorted(map(str, seen.shown)) == sorted(map(str, seen.heard)), f"{seen}"
            assert seen.last == (seen.heard[-1] if seen.heard else None), f"{seen}"

    # Waiting

    async def until(self, holds: Callable[[], bool], otherwise: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < end, otherwise()
            await self._look()

    async def settle(self) -> None:
        """Until each end has all that the other has sent."""
        await self._look()
        await self.until(self._agree, lambda: f"{self._seen.sockets} are not {self._wires}")

    def _agree(self) -> bool:
        ends = zip_longest(self._seen.sockets, self._wires)
        return all(_agrees(socket, wire) for socket, wire in ends)

    # The client

    async def _client(self, client: str, topics: tuple[str, ...] = ()) -> None:
        assert client in ("open", "close", "subscribe", "unsubscribe")
        await self._pull(client, *([topics] if topics else []))

    async def _clock(self, clock: str, ms: float) -> None:
        assert clock == "advance"
        await self.settle()
        await self._pull("advance", ms)

    async def _random(self, random: float) -> None:
        await self._pull("throwDice", random)

    async def _expect(self, expect: str, **wanted: object) -> None:
        if expect == "topics":
            assert wanted.keys() == {"are"}
            await self.settle()
            self._topics = [str(topic) for topic in wanted["are"]]  # type: ignore[attr-defined]
        else:
            await super()._expect(expect, **wanted)

    def found(self, what: str) -> Json:
        return self._seen.found(what)

    async def _ask_for_topics(self, topics: list[str]) -> None:
        """The hook does not tell them: the hello of another connection does."""
        await self.steps(
            {"random": 0},
            {"server": "close", "code": 1006},
            {"expect": "state", "is": "recovering"},
            {"clock": "advance", "ms": 0},
            {"server": "welcome", "hello": {"topics": topics}},
            {"expect": "state", "is": "connected"},
        )


def _agrees(socket: Json | None, wire: Wire | None) -> bool:
    """Whether nothing is on its way between the two ends."""
    if socket is None:
        return False
    state = socket["readyState"]
    if wire is None:
        return bool(state == CLOSED)
    if wire.line is None:
        return bool(state == (CLOSED if wire.is_refused else CONNECTING))
    if not wire.line.is_open:
        return bool(state == CLOSED)
    heard, sent = socket["heard"], socket["sent"]
    has_all = not wire.line.unheard and (heard, sent) == (wire.to_client, wire.from_client)
    return bool(state == OPEN and has_all)
