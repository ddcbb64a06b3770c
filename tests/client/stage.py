"""Plays scenarios as tests/scenarios.md describes them, on a clock that only they move."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from itertools import count
from types import TracebackType
from typing import Any, Self

from client.errors import HeliographError, RequestRefused, TopicsRefused
from client.gaps import Gap
from client.heliograph import Heliograph
from client.states import Change, State
from tests.client.in_memory import Json
from tests.client.manual_time import ManualTime
from tests.client.player import WELCOME, Player

# Rounds of the event loop. Nothing here waits for anything outside of it, so they are enough.
ROUNDS = 60


class Stage(Player):
    """A client, its server, and the clock of both."""

    def __init__(self, topics: list[str], **options: Any) -> None:
        super().__init__()
        self.time = ManualTime()
        self.dice = 0.5
        self.asked = 0
        self.heard: list[str] = []
        self.gaps: list[Gap] = []
        self.refusals: list[RequestRefused] = []
        self.changes: list[Change] = []
        self.token_error: Exception | None = None
        self._tokens = count(1)
        self._calls: set[asyncio.Task[None]] = set()
        self.client = Heliograph(
            "http://heliograph",
            options.pop("token", self._next_token),
            topics=topics,
            on_change=self.changes.append,
            on_error=self.refusals.append,
            on_gap=options.pop("on_gap", self.gaps.append),
            clock=self.time.clock,
            sleep=self.time.sleep,
            random=lambda: self.dice,
            timeout=self.time.timeout,
            open_socket=self.gateway.open_socket,
            **options,
        )

    def _next_token(self) -> str:
        self.asked += 1
        if self.token_error:
            raise self.token_error
        return f"token-{next(self._tokens)}"

    @property
    def lost(self) -> list[Change]:
        return [change for change in self.changes if change.state is State.RECOVERING]

    @staticmethod
    def welcome(**resume: Json) -> Json:
        return {**WELCOME, "id": "$", "resume": resume}

    def call(self, coroutine: Any) -> None:
        task = asyncio.create_task(self._told(coroutine))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def _told(self, coroutine: Any) -> None:
        try:
            await coroutine
        except TopicsRefused as error:
            self.refusals += error.refused
        except HeliographError:
            pass  # It is told by the state as well.

    async def _listen(self) -> None:
        async for notification in self.client.notifications():
            self.heard.append(notification.id)

    async def __aenter__(self) -> Self:
        self.call(self._listen())
        await asyncio.sleep(0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.client.close()
        await self.settle()
        for task in self._calls:
            task.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)

    # Waiting

    async def until(self, holds: Callable[[], bool], otherwise: Callable[[], object]) -> None:
        for _ in range(ROUNDS):
            if holds():
                return
            await asyncio.sleep(0)
        raise AssertionError(otherwise())

    async def settle(self) -> None:
        for _ in range(ROUNDS):
            await asyncio.sleep(0)

    # Steps

    async def _client(self, client: str, topics: tuple[str, ...] = ()) -> None:
        calls = {
            "open": self.client.open,
            "close": self.client.close,
            "subscribe": self.client.subscribe,
            "unsubscribe": self.client.unsubscribe,
        }
        self.call(calls[client](*topics))
        await asyncio.sleep(0)

    async def _clock(self, clock: str, ms: float) -> None:
        assert clock == "advance"
        end = self.time.clock() + ms / 1000
        await self.settle()
        while (due := self.time.next_deadline) is not None and due <= end:
            self.time.advance(max(due - self.time.clock(), 0))
            await self.settle()
        self.time.advance(end - self.time.clock())
        await self.settle()

    async def _random(self, random: float) -> None:
        self.dice = random

    def found(self, what: str) -> Json:
        found: dict[str, Callable[[], Json]] = {
            "state": lambda: {"is": str(self.client.state)},
            "notifications": lambda: {"ids": self.heard},
            "topics": lambda: {"are": list(self.client.topics)},
            "attempts": lambda: {"number": self.gateway.attempts},
            "tokens": lambda: {"asked": self.asked},
            "delay": lambda: {"ms": 1000 * (self.lost[-1].retry_in or 0) if self.lost else None},
            "gaps": lambda: {"are": [asdict(gap) for gap in self.gaps]},
            "error": lambda: {"code": getattr(self.changes[-1].error, "code", None)},
            "refusals": lambda: {"codes": [refusal.code for refusal in self.refusals]},
        }
        return found[what]()
