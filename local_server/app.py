"""The Sanic application: which part of the gateway answers which request."""

import asyncio
import logging
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import formatdate
from functools import partial
from http import HTTPStatus
from typing import Any, cast

from sanic import HTTPResponse, Sanic
from sanic import Request as SanicRequest
from sanic.compat import Header
from sanic.exceptions import PayloadTooLarge, SanicException

from local_server import control, pages
from local_server.control import Control
from local_server.conversation import Conversation
from local_server.feed import Feed
from local_server.gateway import LOST
from local_server.guard import BadControl, check
from local_server.handshake import Refused
from local_server.http_api import HttpApi
from local_server.management import Management, managed_path
from local_server.protocol import GatewayProtocol
from local_server.requests import Request
from local_server.responses import (
    FORBIDDEN,
    SERVICE_UNAVAILABLE,
    TOO_LARGE,
    Response,
    gateway_error,
)
from local_server.shared import Shared
from local_server.watching import watch
from local_server.web import Web
from local_server.websocket import BadUpgrade, negotiate
from local_server.websocket_api import WebsocketApi

logger = logging.getLogger("local_server")

# Far above what is allowed: a body that is only too large is answered, not cut off.
_BODY_BYTES = 32 * 1024 * 1024
# A function that is invoked by name may take all of Lambda's fifteen minutes; the APIs have limits
# of their own.
_LONGEST_S = 15 * 60 + 30
# "Total combined size of request line and header values", which names are no part of
# (docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html).
HEAD_BYTES = 10_240
# Names and all; Sanic reads no more.
_WHOLE_HEAD_BYTES = 16_384
HEAD_TOO_LARGE = gateway_error(431, "Request Header Fields Too Large")
# The limits page's for WebSocket APIs; how it is refused has not been recorded.
UPGRADE_URL_CHARS = 4096
URL_TOO_LONG = gateway_error(414, "Request URI Too Long")


@dataclass(frozen=True)
class Front:
    """Everything a request can reach."""

    websocket_api: WebsocketApi
    http_api: HttpApi
    management: Management
    control: Control
    feed: Feed
    shared: Shared
    port: int
    prepared: asyncio.Event


def make_app(front: Front) -> Sanic[Any, Any]:
    # Sanic keeps apps in a registry by name; several emulators may live in one process.
    app = Web(f"local_server-{secrets.token_hex(4)}", partial(_answer, front))
    app.config.update(
        ACCESS_LOG=False,
        KEEP_ALIVE_TIMEOUT=350,
        MOTD=False,
        REQUEST_MAX_HEADER_SIZE=_WHOLE_HEAD_BYTES,
        REQUEST_MAX_SIZE=_BODY_BYTES,
        RESPONSE_TIMEOUT=_LONGEST_S,
        # Sanic rewrites its own classes at a start, which works once in a process only.
        TOUCHUP=False,
    )

    app.exception(Exception)(_failed)
    app.exception(asyncio.CancelledError)(_failed)  # type: ignore[arg-type]
    # At INFO it names the URL, with its token, of a request whose client has left.
    logging.getLogger("sanic").setLevel(logging.WARNING)
    return app


async def _answer(front: Front, sanic_request: SanicRequest) -> HTTPResponse | None:
    if is_head_too_large(sanic_request.head):
        return _sanic_response(HEAD_TOO_LARGE)
    request = _request(sanic_request, front.port)
    path = request.decoded_path.rstrip("/")
    if request.decoded_path == control.FEED:
        return _watch(front, sanic_request, request)
    if _wants_upgrade(request):
        return await _upgrade(front, sanic_request, request, path)
    if (managed := managed_path(request.path)) is not None:
        return _sanic_response(await front.management.handle(request, managed))
    if request.decoded_path.startswith(control.PREFIX):
        return _sanic_response(await front.control.handle(request))
    if request.decoded_path.startswith(pages.PREFIX):
        return _sanic_response(pages.page(request.decoded_path))
    if front.http_api.has_route(request):
        return _sanic_response(await front.http_api.handle(request))
    return _sanic_response(await _answer_elsewhere(front, request, path))


async def _answer_elsewhere(front: Front, request: Request, path: str) -> Response:
    """What the service has no HTTP route for."""
    if path and front.websocket_api.addresses.reach(request.host, path):
        status = front.shared.assumptions.plain_get_status
        return gateway_error(status, HTTPStatus(status).phrase)
    if request.method in ("GET", "HEAD"):
        page = pages.page("") if request.decoded_path == "/" else pages.beside(request.decoded_path)
        if page is not None:
            return page
    return await front.http_api.handle(request)


def _watch(front: Front, sanic_request: SanicRequest, request: Request) -> HTTPResponse | None:
    try:
        check(request)
        watch(request, sanic_request.protocol, front.feed, front.shared.clock)
    except BadControl as error:
        return _sanic_response(gateway_error(error.status, str(error)))
    except BadUpgrade as error:
        return _sanic_response(gateway_error(error.status, HTTPStatus(error.status).phrase))
    except ConnectionResetError:
        return None
    return None


def is_head_too_large(head: bytes) -> bool:
    if len(head) <= HEAD_BYTES:
        return False
    line, *headers = head.split(b"\r\n")
    return len(line) + sum(len(one.partition(b":")[2].strip()) for one in headers) > HEAD_BYTES


def _wants_upgrade(request: Request) -> bool:
    return (request.header("upgrade") or "").lower() == "websocket"


async def _upgrade(
    front: Front, sanic_request: SanicRequest, request: Request, path: str
) -> HTTPResponse | None:
    """The 101 is withheld until $connect has decided."""
    if not front.websocket_api.addresses.reach(request.host, path):
        return _sanic_response(FORBIDDEN)
    if len(request.path) + len(request.query) > UPGRADE_URL_CHARS:
        return _sanic_response(URL_TOO_LONG)
    # A client that reconnects faster than onStart seeds its users would be a stranger.
    await front.prepared.wait()
    try:
        upgrade = negotiate(request, front.shared.assumptions)
    except BadUpgrade as error:
        return _sanic_response(gateway_error(error.status, HTTPStatus(error.status).phrase))
    decision = await front.websocket_api.connect(request)
    if isinstance(decision, Refused):
        return _sanic_response(decision.response)
    protocol = cast(GatewayProtocol, cast(object, sanic_request.protocol))
    conversation = Conversation(front.websocket_api, front.shared.tasks, decision.peer)
    try:
        conversation.socket = protocol.upgrade(
            upgrade, decision.subprotocol, conversation, front.shared.assumptions
        )
    except ConnectionResetError:
        front.websocket_api.closed(decision.peer, LOST)
        return None
    front.websocket_api.opened(decision.peer, conversation.socket)
    protocol.feed_early_bytes()
    return None


def _request(request: SanicRequest, port: int) -> Request:
    """Header names keep the case the client wrote; Sanic's own are lower-cased."""
    lines = request.head.decode("utf-8", "replace").split("\r\n")[1:]
    pairs = (line.partition(":") for line in lines if ":" in line)
    # Sanic reads `//a` as a host; the target as it was sent is a path.
    target = request.raw_url.decode("ascii", "replace")
    path, _, query = target.partition("#")[0].partition("?")
    return Request(
        method=request.method,
        path=path if path.startswith("/") else request.path,
        query=query,
        headers=tuple((name, value.strip()) for name, _, value in pairs),
        body=request.body,
        source_ip=request.client_ip or "127.0.0.1",
        port=port,
        protocol=f"HTTP/{request.version}",
    )


class _Answer(HTTPResponse):
    """Without the empty Alt-Svc that Sanic's rewriting would have removed."""

    @property
    def processed_headers(self) -> Iterator[tuple[bytes, bytes]]:
        self.headers.pop("alt-svc", None)
        return super().processed_headers


def _sanic_response(response: Response) -> HTTPResponse:
    headers = Header([*response.headers, ("Date", formatdate(usegmt=True))])
    has_body = response.status not in (204, 304)
    body = response.body if has_body else b""
    return _Answer(
        body,
        status=response.status,
        headers=headers,
        content_type=headers.get("content-type", "application/json") if has_body else None,
    )


async def _failed(request: SanicRequest, error: BaseException) -> HTTPResponse:
    """What Sanic refuses by itself, what the end of the emulator cuts short, and our own bugs.

    Sanic's own answer to them would log the whole URL.
    """
    if isinstance(error, asyncio.CancelledError):
        return _sanic_response(SERVICE_UNAVAILABLE)
    if isinstance(error, PayloadTooLarge):
        # Sanic has no head to show if that is what it refuses.
        return _sanic_response(TOO_LARGE if request.head else HEAD_TOO_LARGE)
    if isinstance(error, SanicException):
        status = error.status_code or 500
        return _sanic_response(gateway_error(status, HTTPStatus(status).phrase))
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return _sanic_response(gateway_error(500, "Internal Server Error"))
