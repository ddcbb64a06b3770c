"""Handshakes, frames and farewells of the WebSocket API."""

import functools
import time
from collections.abc import Callable

from handlers._edge.invocation import Context, Event, Response, log_bug, log_invocation
from infra.invocation import begin
from notify.errors import HeliographError, InternalError
from notify.handshake import Offer, read_offer
from notify.model import ConnectionId, Principal


class WebSocketCall:
    """One of them, of one connection."""

    def __init__(self, event: Event) -> None:
        context = event["requestContext"]
        self._event = event
        self.route = str(context["routeKey"])
        self.connection_id = ConnectionId(str(context["connectionId"]))
        self.request_id = str(context["requestId"])
        self.caller: Principal | None = None
        self.outcome = "ok"

    @property
    def offer(self) -> Offer:
        """What the client offered when it knocked; only $connect has headers and a query."""
        return read_offer(
            self._event.get("queryStringParameters") or {}, self._event.get("headers") or {}
        )

    @property
    def text(self) -> str:
        """A frame's text. API Gateway leaves `body` out where the text is empty."""
        return str(self._event.get("body") or "")


def websocket(
    operation: Callable[[WebSocketCall], Response | None],
) -> Callable[[Event, Context], Response]:
    """A handler of a WebSocket route; answers 200 unless the operation says otherwise."""

    @functools.wraps(operation)
    def handler(event: Event, context: Context) -> Response:
        started, call = time.perf_counter(), WebSocketCall(event)
        begin(call.request_id)
        try:
            response = operation(call) or {"statusCode": 200}
        except HeliographError as error:
            call.outcome = error.code.name.lower()
            response = {"statusCode": error.status}
        except Exception as error:  # noqa: BLE001  (the edge is where bugs end)
            call.outcome = "bug"
            log_bug(error, call.request_id)
            # Lambda logs what it catches, text and all; the client hears from API Gateway.
            raise InternalError from None
        finally:
            _log_websocket(call, started)
        return response

    return handler


def _log_websocket(call: WebSocketCall, started: float) -> None:
    log_invocation(
        "websocket",
        started,
        route=call.route,
        connection_id=call.connection_id,
        principal=call.caller.username if call.caller else None,
        outcome=call.outcome,
        request_id=call.request_id,
    )
