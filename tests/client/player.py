"""The steps of tests/scenarios.md: the server of a client in any language, without sockets."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from tests.client.in_memory import InMemoryGateway, Json, Line

WELCOME: Json = {
    "type": "welcome",
    "connection_id": "c-1",
    "user_id": "alice",
    "roles": ["user"],
    "ping_interval_ms": 540_000,
    "max_age_ms": 7_200_000,
    "token_expires_at": None,
    "unread": 0,
    "unseen": 0,
    "subscriptions": ["general", "user:alice"],
    "resume": {},
}


class Player(ABC):
    """Plays the server, and looks at the client; what pulls its strings is to be added."""

    def __init__(self) -> None:
        self.gateway = InMemoryGateway()
        self.last_request = ""

    @property
    def line(self) -> Line:
        return self.gateway.lines[-1]

    async def steps(self, *steps: Json) -> None:
        for number, step in enumerate(steps, 1):
            kind = next(iter(step))
            try:
                await getattr(self, f"_{kind}")(**step)
            except (AssertionError, AttributeError, KeyError, TypeError) as error:
                raise AssertionError(f"step {number}, {step}: {error}") from error

    # Waiting

    @abstractmethod
    async def until(self, holds: Callable[[], bool], otherwise: Callable[[], object]) -> None:
        """Raises AssertionError with what `otherwise` says."""

    @abstractmethod
    async def settle(self) -> None:
        """Until nothing happens by itself any more."""

    # The client

    @abstractmethod
    async def _client(self, client: str, topics: tuple[str, ...] = ()) -> None: ...

    @abstractmethod
    async def _clock(self, clock: str, ms: float) -> None: ...

    @abstractmethod
    async def _random(self, random: float) -> None: ...

    @abstractmethod
    def found(self, what: str) -> Json:
        """What an expectation looks at, in its own words."""

    async def _expect(self, expect: str, **wanted: object) -> None:
        await self.settle()
        await self.until(
            lambda: self.found(expect) == wanted, lambda: f"found {self.found(expect)}"
        )

    # The server

    async def _server(self, server: str, **fields: Any) -> None:
        await getattr(self, f"_serve_{server}")(**fields)

    async def _serve_accept(self, token: str | None = None) -> None:
        await self.until(lambda: self.gateway.has_try, lambda: "nobody tries to connect")
        carried = self.gateway.accept()
        assert token in (None, carried), f"the token is {carried}"

    async def _serve_refuse(self, status: int) -> None:
        await self.until(lambda: self.gateway.has_try, lambda: "nobody tries to connect")
        self.gateway.refuse(status)

    async def _serve_expect(self, frame: Json) -> None:
        def found() -> bool:
            return any(each["type"] == frame["type"] for each in self.line.from_client)

        await self.until(found, lambda: f"it sent {self.line.from_client}")
        while (sent := self.line.from_client.pop(0))["type"] != frame["type"]:
            pass
        self.last_request = sent.get("id", "")
        for name, value in frame.items():
            said = sent.get(name)
            assert said == value if value is not None else not said, f"it sent {sent}"

    async def _serve_send(self, frame: Json | None = None, text: str | None = None) -> None:
        if frame is not None:
            named = {"id": self.last_request} if frame.get("id") == "$" else {}
            text = json.dumps({**frame, **named})
        assert text is not None
        self.line.say(text)

    async def _serve_welcome(
        self, hello: Json | None = None, frame: Json | None = None, token: str | None = None
    ) -> None:
        await self._serve_accept(token)
        await self._serve_expect({"type": "hello", **(hello or {})})
        await self._serve_send({**WELCOME, "id": "$", **(frame or {})})

    async def _serve_notify(
        self, stream: str, seqs: list[int], replay: bool = False, epoch: str = "e"
    ) -> None:
        for seq in seqs:
            self.line.say_notification(stream, seq, epoch=epoch, replay=replay)

    async def _serve_close(self, code: int) -> None:
        self.line.end(code)
