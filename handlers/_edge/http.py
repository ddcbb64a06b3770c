"""Requests to the HTTP API, payload format 2.0, and their answers."""

import base64
import functools
import math
import re
import time
from collections.abc import Callable
from typing import TypeVar

import msgspec

from handlers._edge.invocation import Context, Event, Response, log_bug, log_invocation
from infra.invocation import begin
from notify.errors import BadRequest, HeliographError, InternalError, RateLimited, Unauthorized
from notify.handshake import bearer_token
from notify.limits import network
from notify.model import Principal
from notify.problems import problem
from notify.requests import parse_body, parse_query

T = TypeVar("T")
WEBSOCKET_PATH = "/api/v1/ws/realtime"
CORRELATION_ID = re.compile(r"[\x21-\x7e]{1,128}")


class HttpCall:
    """One request."""

    def __init__(self, event: Event) -> None:
        self._event = event
        self.route = str(event["routeKey"])
        self.method = str(event["requestContext"]["http"]["method"])
        self.request_id = str(event["requestContext"]["requestId"])
        self.caller: Principal | None = None
        self.headers: dict[str, str] = {}

    @property
    def correlation_id(self) -> str:
        """The caller's own, if it is one; else the gateway's id of the request."""
        own = self.header("x-correlation-id") or ""
        return own if CORRELATION_ID.fullmatch(own) else self.request_id

    def principal(self) -> Principal:
        """Who calls. Raises: Unauthorized, TokenExpired."""
        from infra.wiring.accounts import accounts  # here, for not every function asks

        # Format 2.0 spells every header name in lower case.
        self.caller = accounts().authenticate(bearer_token(self._event.get("headers", {})))
        return self.caller

    def writer(self, operation: str) -> Principal:
        """Who calls, and has one operation of that name less left of their minute.

        Raises: Unauthorized, TokenExpired, RateLimited.
        """
        principal = self.principal()
        self.spend(principal, operation)
        return principal

    def reader(self, cost: int = 1) -> Principal:
        """Who calls, and has so much less left to read in their minute.

        Raises: Unauthorized, TokenExpired, RateLimited.
        """
        principal = self.principal()
        self.spend(principal, "read", cost)
        return principal

    def spend(self, principal: Principal, operation: str, cost: int = 1) -> None:
        """The same for a caller who is known already. Raises: RateLimited."""
        from infra.wiring.limits import limits

        window = limits().check(principal, operation, cost)
        self.headers |= _rate_limit(window.limit, window.remaining, window.resets_in_ms)

    def spend_of_address(self, operation: str, limit: int) -> None:
        """The same for a caller of whom no more is known. Raises: RateLimited."""
        from infra.wiring.limits import limits

        limits().take(f"{operation}-from:{network(self.address)}", limit)

    @property
    def address(self) -> str:
        """The caller's, as the last proxy that we trust has seen it."""
        from infra.wiring.settings import settings

        source = str(self._event["requestContext"]["http"]["sourceIp"])
        proxies = settings().trusted_proxies
        hops = [hop.strip() for hop in (self.header("x-forwarded-for") or source).split(",")]
        # Each proxy has appended whom it was called by; what stands further left is hearsay.
        return hops[-1 - proxies] if 0 < proxies < len(hops) else source

    @property
    def websocket_url(self) -> str:
        """Where connections are taken behind one host for everything."""
        scheme = "ws" if self.header("x-forwarded-proto") == "http" else "wss"
        return f"{scheme}://{self.header('host')}{WEBSOCKET_PATH}"

    def body(self, to: type[T]) -> T:
        """The body as a struct. Raises: BadRequest, Invalid, PayloadTooLarge."""
        body = self._event.get("body") or ""
        if not self._event.get("isBase64Encoded"):
            return parse_body(body, to)
        return parse_body(_from_base64(body), to)

    def optional_body(self, to: type[T]) -> T:
        """The same; no body is one without fields. Raises: as above."""
        return self.body(to) if self._event.get("body") else parse_body("{}", to)

    def query(self, name: str, default: str = "") -> str:
        """A parameter of the query string, decoded; of one that is repeated, all by commas."""
        return str((self._event.get("queryStringParameters") or {}).get(name, default))

    def parameters(self, to: type[T]) -> T:
        """The query string as a struct. Raises: Invalid."""
        return parse_query(self._event.get("queryStringParameters") or {}, to)

    def header(self, name: str) -> str | None:
        """A header by its name in lower case, as format 2.0 spells them all."""
        value = self._event.get("headers", {}).get(name)
        return None if value is None else str(value)

    def path(self, name: str) -> str:
        """A path parameter, decoded."""
        return str(self._event["pathParameters"][name])


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except ValueError as error:  # only a hand-made event has such a body
        raise BadRequest("not base64") from error


def http(
    status: int = 200,
) -> Callable[[Callable[[HttpCall], object]], Callable[[Event, Context], Response]]:
    """A handler that answers with `status` and what the operation returns as JSON.

    An operation may return `(status, body)` to choose, and put headers of its own into
    `call.headers`. Errors become problem documents (RFC 9457).
    """

    def wrap(operation: Callable[[HttpCall], object]) -> Callable[[Event, Context], Response]:
        @functools.wraps(operation)
        def handler(event: Event, context: Context) -> Response:
            started, call = time.perf_counter(), HttpCall(event)
            begin(call.correlation_id)
            response = _answer(operation, call, status)
            if call.headers:
                response.setdefault("headers", {}).update(call.headers)
            _log_http(call, response, started)
            return response

        return handler

    return wrap


def _answer(operation: Callable[[HttpCall], object], call: HttpCall, status: int) -> Response:
    try:
        answer = operation(call)
    except HeliographError as error:
        return _refusal(error, call.request_id)
    except Exception as error:  # noqa: BLE001  (the edge is where bugs end)
        log_bug(error, call.request_id)
        return _refusal(InternalError(), call.request_id)
    if isinstance(answer, tuple):
        status, answer = answer
    return _json(status, answer) if answer is not None else {"statusCode": 204}


def _refusal(error: HeliographError, request_id: str) -> Response:
    response = _json(error.status, problem(error, request_id), "application/problem+json")
    if isinstance(error, Unauthorized):
        response["headers"]["www-authenticate"] = "Bearer"
    if error.retry_after_ms is not None:
        # RFC 9110 knows whole seconds only; too early would be refused again.
        response["headers"]["retry-after"] = _seconds(error.retry_after_ms)
    if isinstance(error, RateLimited) and error.limit is not None:
        response["headers"] |= _rate_limit(error.limit, 0, error.retry_after_ms or 0)
    return response


def _rate_limit(limit: int, remaining: int, resets_in_ms: int) -> dict[str, str]:
    return {
        "ratelimit-limit": str(limit),
        "ratelimit-remaining": str(remaining),
        "ratelimit-reset": _seconds(resets_in_ms),
    }


def _seconds(ms: int) -> str:
    return str(math.ceil(ms / 1000))


def _json(status: int, body: object, content_type: str = "application/json") -> Response:
    return {
        "statusCode": status,
        "headers": {"content-type": content_type, "cache-control": "no-store"},
        "body": msgspec.json.encode(body).decode(),
    }


def _log_http(call: HttpCall, response: Response, started: float) -> None:
    log_invocation(
        "http",
        started,
        route=call.route,
        status=response["statusCode"],
        principal=call.caller.username if call.caller else None,
        request_id=call.request_id,
    )
