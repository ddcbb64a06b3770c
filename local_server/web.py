"""Sanic without what nobody here uses: its router, its middleware and its signals."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from sanic import HTTPResponse, Request, Sanic
from sanic.exceptions import MethodNotAllowed

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")

Answer = Callable[[Request], Awaitable[HTTPResponse | None]]


class Web(Sanic[Any, Any]):
    """One function answers every request, or returns None for a connection it has taken over.

    What is left out takes as long as all the rest of a request.
    """

    def __init__(self, name: str, answer: Answer) -> None:
        super().__init__(name, configure_logging=False)
        self.ctx.answer = answer
        # Sanic does not start without one.
        self.add_route(_never, "/")

    def dispatch(self, event: str, **keywords: Any) -> Any:
        """Those of a server's start and end are Sanic's own; nobody hears those of a request."""
        return _nothing() if event.startswith("http.") else super().dispatch(event, **keywords)

    async def handle_request(self, request: Request) -> None:
        try:
            await self._handle(request)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it has an answer
            await self.handle_exception(request, error)

    async def _handle(self, request: Request) -> None:
        if request.method not in METHODS:
            raise MethodNotAllowed("", method=request.method, allowed_methods=METHODS)
        if request.stream is not None and request.stream.request_body:
            await request.receive_body()  # type: ignore[no-untyped-call]
        answer = await self.ctx.answer(request)
        if answer is not None:
            response = await request.respond(answer)
            await response.send(end_stream=True)


async def _nothing() -> None:
    return


async def _never(_: Request) -> HTTPResponse | None:
    return None
