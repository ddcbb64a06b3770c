"""$disconnect: forgets a connection. API Gateway calls it at its best effort, not always."""

from handlers._edge.websocket import WebSocketCall, websocket
from infra.wiring.hub import hub


@websocket
def handler(call: WebSocketCall) -> None:
    """Nobody reads the answer: the socket is closed."""
    connection = hub().disconnect(call.connection_id)
    call.caller = connection.principal if connection else None
    call.outcome = "ok" if connection else "unknown"
