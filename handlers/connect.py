"""$connect: lets the bearer of a good token in, and has anybody else told why not."""

from handlers._edge.invocation import Response
from handlers._edge.websocket import WebSocketCall, websocket
from infra.wiring.hub import hub
from infra.wiring.queues import refusals
from infra.wiring.settings import settings
from notify.errors import ConnectionLimit, Unauthorized


@websocket
def handler(call: WebSocketCall) -> Response:
    """The handshake's answer: 200, or in the refusal mode `reject` 401 or 403."""
    offer = call.offer
    try:
        call.caller = hub().connect(call.connection_id, offer.token)
    except (Unauthorized, ConnectionLimit) as error:
        call.outcome = "refused"
        if settings().refusal_mode == "reject":
            return {"statusCode": error.status}
        # API Gateway can send no close code, and no post reaches a connection before $connect has
        # returned (it is Gone until then): another function tells the client, a second from now.
        refusals().put(call.connection_id, error.code)
    headers = {"Sec-WebSocket-Protocol": offer.subprotocol} if offer.subprotocol else {}
    return {"statusCode": 200, "headers": headers}
