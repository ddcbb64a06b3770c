"""The frames API Gateway itself writes, byte for byte."""

from local_server.ids import ConnectionId, MessageId, RequestId

FORBIDDEN = "Forbidden"
INTERNAL_SERVER_ERROR = "Internal server error"
TIMED_OUT = "Endpoint request timed out"
TOO_MANY_REQUESTS = "Too Many Requests"


def error_frame(text: str, connection: ConnectionId, request: RequestId) -> str:
    """The spaces are AWS's: after `"message":` and the commas, and nowhere else.

    Recorded in aws-samples/simple-websockets-chat-app#24.
    """
    return f'{{"message": "{text}", "connectionId":"{connection}", "requestId":"{request}"}}'


def bad_request_frame(connection: ConnectionId, message: MessageId) -> str:
    """The one with other spaces, and with the message's id instead of the request's.

    Developer guide, apigateway-websocket-api-routes-integrations.
    """
    return (
        f'{{"message" : "Bad request body", "connectionId": "{connection}",'
        f' "messageId": "{message}"}}'
    )
