"""The @connections management API, as the SDKs' PostToConnection and kin speak it."""

import json
import re
from dataclasses import dataclass
from urllib.parse import unquote

from local_server import ids
from local_server.clock import Clock
from local_server.gateway import DELETED, MESSAGE_BYTES, Gone, describe
from local_server.ids import ConnectionId, RandomBytes
from local_server.requests import Request
from local_server.responses import Response
from local_server.websocket import BufferFull
from local_server.websocket_api import WebsocketApi

_PATH = re.compile(r"^/(?P<stage>[^/]+)/@connections/(?P<id>[^/]+)$")


@dataclass(frozen=True)
class ManagedPath:
    stage: str
    connection: str


class Refusal(Exception):
    """An error in the shape from which the SDKs make their modelled exceptions."""

    def __init__(self, status: int, kind: str, message: str | None = None) -> None:
        super().__init__(kind)
        self.response = Response(
            status,
            b"" if message is None else json.dumps({"message": message}).encode(),
            (("Content-Type", "application/json"), ("x-amzn-ErrorType", kind)),
        )


def managed_path(path: str) -> ManagedPath | None:
    """`/{stage}/@connections/{id}`; SDKs percent-encode the @ and the padding of the id."""
    match = _PATH.match(unquote(path))
    return ManagedPath(match["stage"], match["id"]) if match else None


class Management:
    def __init__(
        self, stage: str, api: WebsocketApi, clock: Clock, random_bytes: RandomBytes
    ) -> None:
        self._stage = stage
        self._api = api
        self._clock = clock
        self._random = random_bytes

    def handle(self, request: Request, path: ManagedPath) -> Response:
        try:
            response = self._handle(request, path)
        except Gone:
            # The body is empty, which once broke parsers (aws/aws-sdk-php#2285).
            response = Refusal(410, "GoneException").response
        except BufferFull:
            response = Refusal(429, "LimitExceededException", "Too many requests").response
        except Refusal as refusal:
            response = refusal.response
        return response.plus(
            (
                ("x-amzn-RequestId", ids.invocation_id(self._random)),
                ("x-amz-apigw-id", ids.request_id(self._random)),
            )
        )

    def _handle(self, request: Request, path: ManagedPath) -> Response:
        if path.stage != self._stage:
            raise Refusal(403, "ForbiddenException", "Forbidden")
        if not ids.is_connection_id(path.connection):
            # Not 410 (localstack/localstack#4694).
            raise Refusal(400, "BadRequestException", f"Invalid connectionId: {path.connection}")
        connection = ConnectionId(path.connection)
        if request.method == "POST":
            return self._post(connection, request.body)
        if request.method == "GET":
            return self._get(connection)
        if request.method == "DELETE":
            self._api.close(connection, DELETED)
            return Response(204)
        raise Refusal(403, "MissingAuthenticationTokenException", "Missing Authentication Token")

    def _post(self, connection: ConnectionId, body: bytes) -> Response:
        socket = self._api.socket(connection)
        if len(body) > MESSAGE_BYTES:
            raise Refusal(413, "PayloadTooLargeException", "Payload too large")
        socket.post(body)
        self._api.registry.active(connection, self._clock.now())
        return Response(200, headers=_JSON)

    def _get(self, connection: ConnectionId) -> Response:
        body = describe(self._api.registry.open(connection))
        return Response(200, json.dumps(body).encode(), _JSON)


_JSON = (("Content-Type", "application/json"),)
