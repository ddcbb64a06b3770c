"""The frames API Gateway itself writes, byte for byte."""

from local_server.ids import ConnectionId, RequestId

FORBIDDEN = "Forbidden"
INTERNAL_SERVER_ERROR = "Internal server error"
TIMED_OUT = "Endpoint request timed out"


def error_frame(text: str, connection: ConnectionId, request: RequestId) -> str:
    """The spaces are AWS's: after `"message":` and the commas, and nowhere else.

    Recorded in aws-samples/simple-websockets-chat-app#24.
    """
    return f'{{"message": "{text}", "connectionId":"{connection}", "requestId":"{request}"}}'
