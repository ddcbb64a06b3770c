"""The @connections API, spoken by boto3."""

import asyncio
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from local_server.management import ManagedPath, managed_path
from local_server.provisioning import Client
from local_server.testing import Running
from tests.local_server.conftest import Observer, connection_id_of

NEVER = "AAAAAAAAAAAAAAA="


@pytest.mark.parametrize(
    "path",
    [
        "/local/@connections/AAAAAAAAAAAAAAA=",
        "/local/%40connections/AAAAAAAAAAAAAAA%3D",
        "/local/@connections/AAAAAAAAAAAAAAA%3d",
    ],
)
def test_a_path_is_recognised_however_it_is_encoded(path: str) -> None:
    assert managed_path(path) == ManagedPath("local", NEVER)


@pytest.mark.parametrize("path", ["/@connections/x", "/local/@connections", "/a/b/@connections/x"])
def test_other_paths_are_not(path: str) -> None:
    assert managed_path(path) is None


async def test_a_post_is_a_text_message(socket: ClientConnection, management: Client) -> None:
    connection = await connection_id_of(socket)
    management.post_to_connection(ConnectionId=connection, Data="é".encode())
    assert await socket.recv() == "é"


async def test_posts_one_after_another_arrive_in_order(
    socket: ClientConnection, management: Client
) -> None:
    connection = await connection_id_of(socket)
    for number in range(20):
        management.post_to_connection(ConnectionId=connection, Data=str(number).encode())
    assert [await socket.recv() for _ in range(20)] == [str(number) for number in range(20)]


async def test_a_large_post_is_split_into_frames(
    socket: ClientConnection, management: Client
) -> None:
    connection = await connection_id_of(socket)
    management.post_to_connection(ConnectionId=connection, Data=b"x" * 131_072)
    fragments = [fragment async for fragment in socket.recv_streaming()]
    assert [len(fragment) for fragment in fragments] == [32_768] * 4


async def test_bytes_that_are_no_text_arrive_as_they_are(
    socket: ClientConnection, management: Client
) -> None:
    connection = await connection_id_of(socket)
    management.post_to_connection(ConnectionId=connection, Data=b"\xff\x00")
    assert await socket.recv() == b"\xff\x00"


async def test_a_connection_is_described(socket: ClientConnection, management: Client) -> None:
    connection = await connection_id_of(socket)
    described = management.get_connection(ConnectionId=connection)
    assert described["ConnectedAt"] <= described["LastActiveAt"]
    assert described["Identity"]["SourceIp"] == "127.0.0.1"
    assert described["Identity"]["UserAgent"].startswith("Python/")


async def test_delete_closes_with_1000_and_runs_disconnect(
    sample: Running, observer: Observer, management: Client
) -> None:
    async with connect(f"{sample.websocket_url}?observer={observer.connection_id}") as socket:
        connection = (await observer.next())["requestContext"]["connectionId"]
        await connection_id_of(socket)
        deleted = management.delete_connection(ConnectionId=connection)
        with pytest.raises(ConnectionClosed) as closing:
            await socket.recv()
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert closing.value.rcvd is not None
    assert closing.value.rcvd.code == 1000
    context = (await observer.next())["requestContext"]
    assert context["disconnectStatusCode"] == 1000
    assert context["disconnectReason"] == "Connection Closed Normally"


async def test_a_deleted_connection_is_gone_at_once(
    socket: ClientConnection, management: Client
) -> None:
    connection = await connection_id_of(socket)
    management.delete_connection(ConnectionId=connection)
    with pytest.raises(management.exceptions.GoneException):
        management.post_to_connection(ConnectionId=connection, Data=b"x")


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("post_to_connection", {"Data": b"x"}),
    ("get_connection", {}),
    ("delete_connection", {}),
]


@pytest.mark.parametrize(("call", "arguments"), CALLS)
def test_an_unknown_connection_is_gone(
    management: Client, call: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(management.exceptions.GoneException):
        getattr(management, call)(ConnectionId=NEVER, **arguments)


def test_a_gone_answer_has_no_body(sample: Running) -> None:
    answer = httpx.post(f"{sample.http_url}/local/@connections/{NEVER}", content=b"x")
    assert (answer.status_code, answer.content) == (410, b"")
    assert answer.headers["content-length"] == "0"
    assert answer.headers["x-amzn-errortype"] == "GoneException"
    assert {"x-amzn-requestid", "x-amz-apigw-id"} <= set(answer.headers)


def test_a_malformed_id_is_a_bad_request(management: Client) -> None:
    with pytest.raises(ClientError) as error:
        management.post_to_connection(ConnectionId="nonsense", Data=b"x")
    assert error.value.response["Error"] == {
        "Code": "BadRequestException",
        "Message": "Invalid connectionId: nonsense",
    }


async def test_a_payload_too_large_is_a_413(socket: ClientConnection, management: Client) -> None:
    connection = await connection_id_of(socket)
    with pytest.raises(management.exceptions.PayloadTooLargeException):
        management.post_to_connection(ConnectionId=connection, Data=b"x" * 131_073)


def test_another_stage_is_forbidden(sample: Running) -> None:
    answer = httpx.post(f"{sample.http_url}/other/@connections/{NEVER}", content=b"x")
    assert answer.status_code == 403
    assert answer.headers["x-amzn-errortype"] == "ForbiddenException"


async def test_nobody_can_post_while_connect_runs(
    sample: Running, observer: Observer, management: Client
) -> None:
    address = f"{sample.websocket_url}?observer={observer.connection_id}&sleep=1"
    connecting = asyncio.ensure_future(connect(address).__aenter__())
    connection = (await observer.next())["requestContext"]["connectionId"]
    with pytest.raises(management.exceptions.GoneException):
        management.post_to_connection(ConnectionId=connection, Data=b"x")
    connecting.cancel()
    await asyncio.wait({connecting})


async def test_a_client_that_does_not_read_fills_its_buffer(
    sample: Running, management: Client
) -> None:
    async with connect(sample.websocket_url, max_queue=1) as socket:
        connection = await connection_id_of(socket)
        socket.transport.pause_reading()
        with pytest.raises(management.exceptions.LimitExceededException):
            await asyncio.to_thread(post_until_refused, management, connection)
        socket.transport.abort()


def post_until_refused(management: Client, connection: str) -> None:
    for _ in range(400):
        management.post_to_connection(ConnectionId=connection, Data=b"x" * 131_072)
