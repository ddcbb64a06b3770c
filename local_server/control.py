"""The emulator's own API, under /_local/: its clock, faults, connections and functions."""

import json
import re
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import urlsplit

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
from local_server.requests import Request
from local_server.responses import Response
from local_server.shared import Shared
from local_server.websocket_api import WebsocketApi

PREFIX = "/_local/"
FUNCTION_ERROR = "X-Amz-Function-Error"
_INVOCATIONS = re.compile(PREFIX + "functions/([^/]+)/invocations")

T = TypeVar("T")
Advancing = Callable[[float], Awaitable[None]]
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


class BadControl(Exception):
    """`status` and why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Control:
    def __init__(
        self, api: WebsocketApi, shared: Shared, advance: Advancing, invoke: Invoking
    ) -> None:
        self._api = api
        self._shared = shared
        self._advance_clock = advance
        self._invoke_function = invoke

    async def handle(self, request: Request) -> Response:
        try:
            _check_host(request)
            _check_origin(request)
            if (function := _invoked(request)) is not None:
                return await self._invoke(function, request)
            status, content = await self._handle(request)
        except BadControl as error:
            status, content = error.status, {"error": str(error)}
        body = b"" if content is None else json.dumps(content, separators=(",", ":")).encode()
        return Response(status, body, (_JSON,))

    async def _invoke(self, function: str, request: Request) -> Response:
        """As Lambda answers a caller who waits: a handler's error is a 200 with a header."""
        event: Any = _decoded(request, object) if request.body else {}
        try:
            result = await self._invoke_function(function, event)
        except FunctionError as error:
            if status := _NOT_RUN.get(type(error)):
                raise BadControl(status, str(error)) from error
            return Response(200, _failure(error), (_JSON, (FUNCTION_ERROR, "Unhandled")))
        return Response(200, result.encode(), (_JSON,))

    async def _handle(self, request: Request) -> tuple[int, Any]:
        name, _, rest = request.decoded_path.removeprefix(PREFIX).partition("/")
        if (request.method, name, rest) == ("POST", "clock", ""):
            await self._advance_clock(_decoded(request, Advance).advance)
            return self._clock()
        actions: dict[tuple[str, str], Callable[[], tuple[int, Any]]] = {
            ("GET", "clock"): self._clock,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): lambda: self._add(request),
            ("DELETE", "faults"): lambda: self._remove(rest),
            ("GET", "connections"): self._connections,
        }
        action = actions.get((request.method, name))
        if action is None or (rest and request.method != "DELETE"):
            raise BadControl(
                404,
                "there is /_local/clock, /_local/faults, /_local/connections and "
                "/_local/functions/{name}/invocations",
            )
        return action()

    def _clock(self) -> tuple[int, Any]:
        clock = self._shared.clock
        return 200, {"now": clock.now(), "ahead_ms": clock.ahead_ms}

    def _faults(self) -> tuple[int, Any]:
        faults = self._shared.faults
        rows = [
            {"number": number, "strikes": faults.strikes(number), **msgspec.to_builtins(fault)}
            for number, fault in faults.in_force().items()
        ]
        return 200, {"seed": faults.seed, "faults": rows}

    def _add(self, request: Request) -> tuple[int, Any]:
        return 201, {"number": self._shared.faults.add(_decoded(request, Fault))}

    def _remove(self, number: str) -> tuple[int, Any]:
        if not number:
            self._shared.faults.clear()
        elif not number.isdecimal() or not self._shared.faults.remove(int(number)):
            raise BadControl(404, f"there is no fault {number}")
        return 204, None

    def _connections(self) -> tuple[int, Any]:
        rows = [
            {"connection_id": connection.id, **describe(connection)}
            for connection in self._api.registry.all_open()
        ]
        return 200, {"connections": rows}


def _invoked(request: Request) -> str | None:
    found = _INVOCATIONS.fullmatch(request.decoded_path)
    return found[1] if found and request.method == "POST" else None


def _failure(error: FunctionError) -> bytes:
    trace = {"stackTrace": list(error.trace)} if isinstance(error, FunctionRaised) else {}
    content = {"errorMessage": error.message, "errorType": error.kind, **trace}
    return json.dumps(content, separators=(",", ":")).encode()


def _check_host(request: Request) -> None:
    """A site may make its own name lead to this machine, and then its pages are no other site's. An
    address is nobody's to lead anywhere."""
    host = urlsplit(f"//{request.host}").hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return
    try:
        ip_address(host)
    except ValueError as error:
        raise BadControl(403, "only under an address or localhost") from error


def _check_origin(request: Request) -> None:
    """A page of another site must not move the clock of whoever looks at it."""
    origin = request.header("origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise BadControl(403, f"not from a page of {origin}")
    if request.method == "POST" and _kind(request) != "application/json":
        raise BadControl(415, "Content-Type: application/json is expected")


def _kind(request: Request) -> str:
    return (request.header("content-type") or "").split(";")[0].strip().lower()


def _decoded(request: Request, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(request.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadControl(422, str(error)) from error
