"""The emulator's own API, under /_local/: its clock, faults, connections, functions and store."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import msgspec

from local_server.errors import (
    EventTooLarge,
    FunctionError,
    FunctionRaised,
    FunctionThrottled,
    FunctionUnknown,
)
from local_server.faults import Fault
from local_server.gateway import describe
from local_server.guard import BadControl, check
from local_server.management import ManagedPath, Management
from local_server.requests import Request
from local_server.responses import Response
from local_server.shared import Shared
from local_server.stored import Stored, Wanted
from local_server.websocket_api import WebsocketApi

PREFIX = "/_local/"
# The time line, as a WebSocket.
FEED = PREFIX + "feed"
FUNCTION_ERROR = "X-Amz-Function-Error"

T = TypeVar("T")
Advancing = Callable[[float], Awaitable[None]]
# What answers a request; the parts of its path after the first are arguments.
Action = Callable[..., Awaitable[Response]]
# Of a function by name with an event. Raises FunctionError.
Invoking = Callable[[str, Any], Awaitable[str]]

# What Lambda answers before a function runs
# (docs.aws.amazon.com/lambda/latest/api/API_Invoke.html).
_NOT_RUN: dict[type[FunctionError], int] = {
    FunctionUnknown: 404,
    EventTooLarge: 413,
    FunctionThrottled: 429,
}
_JSON = ("Content-Type", "application/json")


class Advance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body that moves the clock, in seconds."""

    advance: float

    def __post_init__(self) -> None:
        if not 0 <= self.advance <= 366 * 24 * 3600:
            raise ValueError("advance lies between 0 and a year of seconds")


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is posted to a connection."""

    text: str


class Control:
    """`management` asks for no signature: whoever may come here may post."""

    def __init__(
        self,
        api: WebsocketApi,
        shared: Shared,
        advance: Advancing,
        invoke: Invoking,
        *,
        overview: Mapping[str, Any],
        management: Management,
        stored: Stored,
    ) -> None:
        self._api = api
        self._shared = shared
        self._advance_clock = advance
        self._invoke_function = invoke
        self._overview = overview
        self._management = management
        self._stored = stored

        self._actions: dict[tuple[str, str, int], Action] = {
            ("GET", "service", 0): self._service,
            ("GET", "clock", 0): self._clock,
            ("POST", "clock", 0): self._advance,
            ("GET", "faults", 0): self._faults,
            ("POST", "faults", 0): self._add,
            ("DELETE", "faults", 0): self._clear,
            ("DELETE", "faults", 1): self._remove,
            ("GET", "connections", 0): self._connections,
            ("POST", "connections", 1): self._post,
            ("DELETE", "connections", 1): self._close,
            ("POST", "functions", 2): self._invoke,
            ("GET", "tables", 0): self._tables,
            ("GET", "tables", 1): self._items,
            ("GET", "queues", 0): self._queues,
        }

    async def handle(self, request: Request) -> Response:
        try:
            check(request)
            name, *rest = request.decoded_path.removeprefix(PREFIX).rstrip("/").split("/")
            action = self._actions.get((request.method, name, len(rest)))
            if action is None:
                known = sorted({PREFIX + name for _, name, _ in self._actions})
                raise BadControl(404, f"there is {', '.join(known)}")
            return await action(request, *rest)
        except BadControl as error:
            return _json(error.status, {"error": str(error)})

    async def _service(self, _: Request) -> Response:
        return _json(200, self._overview)

    # The clock

    async def _clock(self, _: Request) -> Response:
        clock = self._shared.clock
        return _json(200, {"now": clock.now(), "ahead_ms": clock.ahead_ms})

    async def _advance(self, request: Request) -> Response:
        await self._advance_clock(_decoded(request, Advance).advance)
        return await self._clock(request)

    # Faults

    async def _faults(self, _: Request) -> Response:
        faults = self._shared.faults
        rows = [
            {"number": number, "strikes": faults.strikes(number), **msgspec.to_builtins(fault)}
            for number, fault in faults.in_force().items()
        ]
        return _json(200, {"seed": faults.seed, "faults": rows})

    async def _add(self, request: Request) -> Response:
        fault = _decoded(request, Fault)
        self._check_names(fault)
        return _json(201, {"number": self._shared.faults.add(fault)})

    def _check_names(self, fault: Fault) -> None:
        """One that is misspelt would never strike, and nobody would know."""
        routes = [*self._overview["websocket_routes"], *self._overview["http_routes"]]
        known = {"function": self._overview["functions"], "route": [one["key"] for one in routes]}
        for what, names in known.items():
            name = getattr(fault, what)
            if name is not None and name not in names:
                raise BadControl(422, f"there is no {what} {name}; there are {', '.join(names)}")

    async def _clear(self, _: Request) -> Response:
        self._shared.faults.clear()
        return Response(204)

    async def _remove(self, _: Request, number: str) -> Response:
        if not number.isdecimal() or not self._shared.faults.remove(int(number)):
            raise BadControl(404, f"there is no fault {number}")
        return Response(204)

    # Connections

    async def _connections(self, _: Request) -> Response:
        rows = [
            {
                "connection_id": one.id,
                **describe(one),
                **self._api.counts(one.id),
                "authorizer": one.peer.authorizer,
            }
            for one in self._api.registry.all_open()
        ]
        return _json(200, {"connections": rows})

    async def _post(self, request: Request, connection: str) -> Response:
        text = _decoded(request, Message).text
        return await self._manage(request, connection, text.encode("utf-8", "replace"))

    async def _close(self, request: Request, connection: str) -> Response:
        return await self._manage(request, connection, b"")

    async def _manage(self, request: Request, connection: str, body: bytes) -> Response:
        """As a call of @connections, with the same method."""
        path = ManagedPath(self._overview["stage"], connection)
        return await self._management.handle(replace(request, body=body), path)

    # Functions

    async def _invoke(self, request: Request, function: str, what: str) -> Response:
        """As Lambda answers a caller who waits: a handler's error is a 200 with a header."""
        if what != "invocations":
            raise BadControl(404, f"a function has invocations, no {what}")
        event: Any = _decoded(request, object) if request.body else {}
        try:
            result = await self._invoke_function(function, event)
        except FunctionError as error:
            if status := _NOT_RUN.get(type(error)):
                raise BadControl(status, str(error)) from error
            return Response(200, _failure(error), (_JSON, (FUNCTION_ERROR, "Unhandled")))
        return Response(200, result.encode(), (_JSON,))

    # The store

    async def _tables(self, _: Request) -> Response:
        return _json(200, {"tables": await self._stored.tables()})

    async def _queues(self, _: Request) -> Response:
        return _json(200, {"queues": await self._stored.queues()})

    async def _items(self, request: Request, table: str) -> Response:
        try:
            wanted = msgspec.convert(dict(request.query_pairs), Wanted, strict=False)
        except msgspec.ValidationError as error:
            raise BadControl(422, str(error)) from error
        return _json(200, await self._stored.items(table, wanted))


def _json(status: int, content: Any) -> Response:
    return Response(status, json.dumps(content, separators=(",", ":")).encode(), (_JSON,))


def _failure(error: FunctionError) -> bytes:
    trace = {"stackTrace": list(error.trace)} if isinstance(error, FunctionRaised) else {}
    content = {"errorMessage": error.message, "errorType": error.kind, **trace}
    return json.dumps(content, separators=(",", ":")).encode()


def _decoded(request: Request, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(request.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadControl(422, str(error)) from error
