"""$default: answers one frame of a client."""

from handlers._edge.websocket import WebSocketCall, websocket
from infra.wiring.conversation import conversation
from notify.frames import ErrorFrame


@websocket
def handler(call: WebSocketCall) -> None:
    """The answers are posted, not returned: a frame may have several."""
    frames = conversation().receive(call.connection_id, call.text)
    errors = sorted({frame.name for frame in frames if isinstance(frame, ErrorFrame)})
    call.outcome = ",".join(errors) or "ok"
