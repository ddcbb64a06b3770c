"""The @connections management API, as the SDKs' PostToConnection and kin speak it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from local_server import ids
from local_server.faults import Call, Fault, FaultKind
from local_server.gateway import DELETED, MESSAGE_BYTES, Gone, describe
from local_server.ids import ConnectionId
from local_server.journal import Post
from local_server.refusals import Refusal, missing_token
from local_server.requests import Request
from local_server.responses import Response
from local_server.shared import Shared
from local_server.websocket import BufferFull
from local_server.websocket_api import WebsocketApi

# Lets a request through to `{stage}/{METHOD}/@connections/{id}`, or raises Refusal.
Admission = Callable[[Request, str], None]


def admit_everybody(request: Request, path: str) -> None:
    """Signatures are looked at only when that was asked for."""


@dataclass(frozen=True)
class ManagedPath:
    stage: str
    connection: str


def managed_path(path: str) -> ManagedPath | None:
    """`/{stage}/@connections/{id}`; SDKs percent-encode the @ and the padding of the id.

    Without its stage it is @connections all the same, of a stage that does not exist.
    """
    *stage, connections, connection = ["", "", *(unquote(part) for part in path.split("/") if part)]
    if connections != "@connections":
        return None
    return ManagedPath("/".join(filter(None, stage)), connection)


class Management:
    def __init__(
        self, stage: str, api: WebsocketApi, shared: Shared, admit: Admission = admit_everybody
    ) -> None:
        self._stage = stage
        self._admit = admit
        self._api = api
        self._shared = shared
        self._clock = shared.clock
        self._random = shared.random_bytes

    async def handle(self, request: Request, path: ManagedPath) -> Response:
        response = await self._answer(request, path)
        if (journal := self._shared.journal).is_open:
            now, status = self._clock.now(), response.status
            journal.add(Post(now, path.connection, request.method, status))
        return response

    async def _answer(self, request: Request, path: ManagedPath) -> Response:
        try:
            # First: a signature ages while a fault delays the call.
            self._check_caller(request, path)
            if delayed := self._strike(FaultKind.POST_DELAYED, path):
                await self._clock.sleep(delayed.delay_ms / 1000)
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

    def _check_caller(self, request: Request, path: ManagedPath) -> None:
        is_ours = self._api.addresses.manage(request.host, path.stage)
        stage = self._stage if is_ours else path.stage
        self._admit(request, f"{stage}/{request.method}/@connections/{path.connection}")

    def _handle(self, request: Request, path: ManagedPath) -> Response:
        if not self._api.addresses.manage(request.host, path.stage):
            raise Refusal(403, "ForbiddenException", "Forbidden")
        if not ids.is_connection_id(path.connection):
            # Not 410 (localstack/localstack#4694).
            raise Refusal(400, "BadRequestException", f"Invalid connectionId: {path.connection}")
        if not self._shared.throttle.admits_request(self._clock.now()):
            raise Refusal(429, "LimitExceededException", "Too Many Requests")
        connection = ConnectionId(path.connection)
        if request.method == "POST":
            self._fail_on_purpose(path)
            return self._post(connection, request.body)
        if request.method == "GET":
            return self._get(connection)
        if request.method == "DELETE":
            self._api.close(connection, DELETED)
            return Response(self._shared.assumptions.delete_status)
        raise missing_token()

    def _post(self, connection: ConnectionId, body: bytes) -> Response:
        self._api.registry.open(connection)
        if len(body) > MESSAGE_BYTES:
            raise Refusal(413, "PayloadTooLargeException", "Payload too large")
        if not self._strike(FaultKind.POST_LOST, ManagedPath(self._stage, connection)):
            self._api.post(connection, body)
        if self._strike(FaultKind.POST_MISREPORTED, ManagedPath(self._stage, connection)):
            raise Gone(connection)
        return Response(200, headers=_JSON)

    def _fail_on_purpose(self, path: ManagedPath) -> None:
        if self._strike(FaultKind.POST_GONE, path):
            raise Gone(path.connection)
        if self._strike(FaultKind.POST_THROTTLED, path):
            raise Refusal(429, "LimitExceededException", "Too Many Requests")
        if self._strike(FaultKind.POST_FAILED, path):
            raise Refusal(500, "InternalServerErrorException", "Internal server error")

    def _strike(self, kind: FaultKind, path: ManagedPath) -> Fault | None:
        return self._shared.faults.strike(kind, Call(connection=path.connection))

    def _get(self, connection: ConnectionId) -> Response:
        body = describe(self._api.registry.open(connection))
        return Response(200, json.dumps(body).encode(), _JSON)


_JSON = (("Content-Type", "application/json"),)
