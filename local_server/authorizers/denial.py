"""How an authorizer says no."""

from local_server import frames
from local_server.responses import FORBIDDEN, INTERNAL_SERVER_ERROR, Response, gateway_error

UNAUTHORIZED = gateway_error(401, "Unauthorized")
WEBSOCKET_ERROR = gateway_error(500, frames.INTERNAL_SERVER_ERROR)

__all__ = ["FORBIDDEN", "INTERNAL_SERVER_ERROR", "UNAUTHORIZED", "WEBSOCKET_ERROR", "Denied"]


class Denied(Exception):
    """The client gets `response`; `reason` is for the log and never holds what was sent."""

    def __init__(self, response: Response, reason: str) -> None:
        super().__init__(reason)
        self.response = response
        self.reason = reason
