"""The @connections API, spoken by boto3."""

import asyncio
import json
import socket as sockets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from local_server.gateway import IDLE_MS
from local_server.ids import is_connection_id
from local_server.management import ManagedPath, managed_path
from local_server.provisioning import Client
from local_server.testing import Running, RunningInThread, emulator_in_thread
from tests.local_server.conftest import Observer, connection_id_of
from tests.local_server.sdk import connections

NEVER = "AAAAAAAAAAAAAAA="
SIGNED = Path(__file__).parent / "sample" / "signed" / "serverless.yml"
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("post_to_connection", {"Data": b"x"}),
    ("get_connection", {}),
    ("delete_connection", {}),
]


@pytest.fixture(scope="module")
def service() -> Iterator[RunningInThread]:
    """Handlers that call @connections, and a clock of its own."""
    with emulator_in_thread(SIGNED) as running:
        yield running


@pytest.fixture
def gateway(service: Running) -> Iterator[Client]:
    with connections(f"{service.http_url}/local") as client:
        yield client


def raised(call: Any, *arguments: Any, **keywords: Any) -> ClientError:
    with pytest.raises(ClientError) as error:
        call(*arguments, **keywords)
    return error.value


def url(running: Running, connection: str, stage: str = "local") -> str:
    return f"{running.http_url}/{stage}/@connections/{connection}"


# Paths


@pytest.mark.parametrize(
    "path",
    [
        "/local/@connections/AAAAAAAAAAAAAAA=",
        "/local/%40connections/AAAAAAAAAAAAAAA%3D",
        "/local/@connections/AAAAAAAAAAAAAAA%3d",
        "/local//@connections/AAAAAAAAAAAAAAA=/",
    ],
)
def test_a_path_is_recognised_however_it_is_encoded__4_1(path: str) -> None:
    assert managed_path(path) == ManagedPath("local", NEVER)


@pytest.mark.parametrize(
    ("path", "stage"), [("/@connections/x", ""), ("/a/b/@connections/x", "a/b")]
)
def test_a_path_without_its_stage_is_recognised_too__4_6(path: str, stage: str) -> None:
    assert managed_path(path) == ManagedPath(stage, "x")


@pytest.mark.parametrize("path", ["/", "", "/x", "/local/@connections", "/local/@connections/"])
def test_other_paths_are_not(path: str) -> None:
    assert managed_path(path) is None


@given(st.text(alphabet="/@%40abcdefinost"))
def test_any_path_is_recognised_or_not(path: str) -> None:
    managed = managed_path(path)
    assert managed is None or managed.connection


# POST


async def test_a_post_is_a_text_message__4_2(socket: ClientConnection, management: Client) -> None:
    connection = await connection_id_of(socket)
    answer = management.post_to_connection(ConnectionId=connection, Data="é".encode())
    assert await socket.recv() == "é"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


async def test_a_post_is_answered_with_nothing__4_2(
    sample: Running, socket: ClientConnection
) -> None:
    answer = httpx.post(url(sample, await connection_id_of(socket)), content=b"x")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == "0"
    assert {"x-amzn-requestid", "x-amz-apigw-id", "date"} <= set(answer.headers)


@pytest.mark.parametrize("kind", ["application/json", "application/octet-stream", "text/html", ""])
async def test_whatever_a_post_says_it_is_arrives_as_it_is(
    sample: Running, socket: ClientConnection, kind: str
) -> None:
    address = url(sample, await connection_id_of(socket))
    httpx.post(address, content=b'{"a": "<b>"}', headers={"Content-Type": kind})
    assert await socket.recv() == '{"a": "<b>"}'


async def test_a_post_may_come_in_chunks(sample: Running, socket: ClientConnection) -> None:
    address = url(sample, await connection_id_of(socket))
    httpx.post(address, content=iter([b"first, ", b"second"]))
    assert await socket.recv() == "first, second"


async def test_bytes_that_are_no_text_arrive_as_they_are(
    socket: ClientConnection, management: Client
) -> None:
    connection = await connection_id_of(socket)
    management.post_to_connection(ConnectionId=connection, Data=b"\xff\x00")
    assert await socket.recv() == b"\xff\x00"


async def test_posts_one_after_another_arrive_in_order__5_7(
    socket: ClientConnection, management: Client
) -> None:
    connection = await connection_id_of(socket)
    for number in range(20):
        management.post_to_connection(ConnectionId=connection, Data=str(number).encode())
    assert [await socket.recv() for _ in range(20)] == [str(number) for number in range(20)]


@pytest.mark.parametrize(
    ("size", "frames"),
    [
        (0, [0]),
        (32_768, [32_768]),
        (32_769, [32_768, 1]),
        (131_072, [32_768, 32_768, 32_768, 32_768]),
    ],
)
async def test_a_large_post_is_split_into_frames__4_7(
    socket: ClientConnection, management: Client, size: int, frames: list[int]
) -> None:
    connection = await connection_id_of(socket)
    management.post_to_connection(ConnectionId=connection, Data=b"x" * size)
    assert [len(fragment) async for fragment in socket.recv_streaming()] == frames


async def test_a_payload_too_large_is_a_413__4_2__4_7(
    socket: ClientConnection, management: Client
) -> None:
    connection = await connection_id_of(socket)
    with pytest.raises(management.exceptions.PayloadTooLargeException) as error:
        management.post_to_connection(ConnectionId=connection, Data=b"x" * 131_073)
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert error.value.response["Message"] == error.value.response["Error"]["Message"]


async def test_a_client_that_does_not_read_fills_its_buffer__4_8(
    sample: Running, management: Client
) -> None:
    async with connect(sample.websocket_url, max_queue=1) as socket:
        connection = await connection_id_of(socket)
        socket.transport.pause_reading()
        with pytest.raises(management.exceptions.LimitExceededException) as error:
            await asyncio.to_thread(post_until_refused, management, connection)
        socket.transport.abort()
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429


def post_until_refused(management: Client, connection: str) -> None:
    for _ in range(400):
        management.post_to_connection(ConnectionId=connection, Data=b"x" * 131_072)


# GET


async def test_a_connection_is_described__4_2__4_3(
    socket: ClientConnection, management: Client
) -> None:
    connection = await connection_id_of(socket)
    described = management.get_connection(ConnectionId=connection)
    now = datetime.now(UTC)
    assert now - timedelta(minutes=1) < described["ConnectedAt"] <= described["LastActiveAt"] <= now
    assert described["Identity"]["SourceIp"] == "127.0.0.1"
    assert described["Identity"]["UserAgent"].startswith("Python/")


async def test_a_description_has_camels_and_milliseconds__4_3(
    sample: Running, socket: ClientConnection
) -> None:
    answer = httpx.get(url(sample, await connection_id_of(socket)))
    described = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert set(described) == {"connectedAt", "identity", "lastActiveAt"}
    assert set(described["identity"]) == {"sourceIp", "userAgent"}
    for moment in (described["connectedAt"], described["lastActiveAt"]):
        datetime.strptime(moment, "%Y-%m-%dT%H:%M:%S.%fZ")
        assert len(moment) == len("2020-04-30T20:10:33.236Z")


async def test_an_agent_that_gave_no_name_has_none__4_3(sample: Running) -> None:
    async with connect(sample.websocket_url, user_agent_header=None) as socket:
        described = httpx.get(url(sample, await connection_id_of(socket))).json()
    assert described["identity"] == {"sourceIp": "127.0.0.1"}


async def test_messages_and_posts_are_activity__4_14(
    service: RunningInThread, gateway: Client
) -> None:
    async with connect(service.websocket_url) as socket:
        connection = await call(socket, "GET")
        moments = [gateway.get_connection(ConnectionId=connection)["LastActiveAt"]]
        await service.advance(60)
        moments.append(gateway.get_connection(ConnectionId=connection)["LastActiveAt"])
        await call(socket, "GET")
        moments.append(gateway.get_connection(ConnectionId=connection)["LastActiveAt"])
        await service.advance(60)
        gateway.post_to_connection(ConnectionId=connection, Data=b"x")
        moments.append(gateway.get_connection(ConnectionId=connection)["LastActiveAt"])
    opened, described, heard, posted = moments
    assert opened == described
    assert heard - described >= timedelta(seconds=60)
    assert posted - heard >= timedelta(seconds=60)


async def call(socket: ClientConnection, method: str, **wanted: str) -> str:
    """Has a handler call @connections, and returns the id of the socket it came by."""
    await socket.send(json.dumps({"kind": "call", "method": method, **wanted}))
    return str(json.loads(await socket.recv())["connection"])


# DELETE


async def test_delete_closes_with_1000_and_runs_disconnect__4_2__4_12__3_2_4(
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


async def test_delete_takes_no_code_of_the_callers__4_12(
    sample: Running, socket: ClientConnection
) -> None:
    address = url(sample, await connection_id_of(socket))
    answer = httpx.request(
        "DELETE", f"{address}?code=4001", content=b'{"code": 4001, "reason": "mine"}'
    )
    with pytest.raises(ConnectionClosed) as closing:
        await socket.recv()
    assert (answer.status_code, answer.content) == (204, b"")
    assert closing.value.rcvd is not None
    assert closing.value.rcvd.code == 1000


async def test_a_deleted_connection_is_gone_at_once(
    socket: ClientConnection, management: Client
) -> None:
    connection = await connection_id_of(socket)
    management.delete_connection(ConnectionId=connection)
    for name, arguments in CALLS:
        with pytest.raises(management.exceptions.GoneException):
            getattr(management, name)(ConnectionId=connection, **arguments)


# Gone


@pytest.mark.parametrize(("name", "arguments"), CALLS)
def test_an_unknown_connection_is_gone__4_4__4_13(
    management: Client, name: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(management.exceptions.GoneException) as error:
        getattr(management, name)(ConnectionId=NEVER, **arguments)
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 410


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
def test_a_gone_answer_has_no_body__4_4(sample: Running, method: str) -> None:
    answer = httpx.request(method, url(sample, NEVER))
    assert (answer.status_code, answer.content) == (410, b"")
    assert answer.headers["content-length"] == "0"
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-amzn-errortype"] == "GoneException"
    assert {"x-amzn-requestid", "x-amz-apigw-id"} <= set(answer.headers)


async def test_a_connection_is_gone_before_and_after_it_is_open__4_9__5_1(
    service: RunningInThread,
) -> None:
    """Its own $connect and $disconnect try it, and tell an observer."""
    async with connect(service.websocket_url) as observer:
        watching = f"{service.websocket_url}?observer={await call(observer, 'GET')}"
        async with connect(watching):
            before = json.loads(await observer.recv())
        after = json.loads(await observer.recv())
    assert before["connection"] == after["connection"]
    assert before["POST"] == before["GET"] == "GoneException"
    assert after["POST"] == after["GET"] == "GoneException"


async def test_a_peer_that_vanished_is_not_missed_until_it_is_idle__4_10__5_2(
    service: RunningInThread, gateway: Client
) -> None:
    async with connect(service.websocket_url) as observer:
        watcher = await call(observer, "GET")
        with vanished(service, watcher):
            connection = json.loads(await observer.recv())["connection"]
            for _ in range(3):
                answer = gateway.post_to_connection(ConnectionId=connection, Data=b"x")
                assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
            gateway.get_connection(ConnectionId=connection)
            await service.advance(IDLE_MS / 1000 - 60)
            gateway.get_connection(ConnectionId=connection)
            # The observer must stay.
            await call(observer, "GET")
            await service.advance(60)
            farewell = json.loads(await observer.recv())
            assert farewell["connection"] == connection
            with pytest.raises(gateway.exceptions.GoneException):
                gateway.get_connection(ConnectionId=connection)


@contextmanager
def vanished(running: Running, observer: str) -> Iterator[None]:
    """A client that is there for the handshake, and then neither reads nor answers nor ends."""
    address = running.http_url.removeprefix("http://")
    host, port = address.split(":")
    with sockets.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(
            f"GET /local?observer={observer} HTTP/1.1\r\nHost: {address}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        assert client.recv(12) == b"HTTP/1.1 101"
        yield


# What is refused


@pytest.mark.parametrize(("name", "arguments"), CALLS)
@pytest.mark.parametrize(
    "malformed", ["nonsense", "AAAAAAAAAAAAAAAB", "A" * 15 + "==", "a/b=", "é"]
)
def test_a_malformed_id_is_a_bad_request__4_5(
    management: Client, name: str, arguments: dict[str, Any], malformed: str
) -> None:
    assert not is_connection_id(malformed)
    error = raised(getattr(management, name), ConnectionId=malformed, **arguments)
    assert type(error) is ClientError
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert error.response["Error"] == {
        "Code": "BadRequestException",
        "Message": f"Invalid connectionId: {malformed}",
    }


@pytest.mark.parametrize("stage", ["", "/other", "/local/more", "/Local"])
@pytest.mark.parametrize(("name", "arguments"), CALLS)
def test_without_its_stage_an_endpoint_is_forbidden__4_6(
    sample: Running, stage: str, name: str, arguments: dict[str, Any]
) -> None:
    with (
        connections(f"{sample.http_url}{stage}") as client,
        pytest.raises(client.exceptions.ForbiddenException) as error,
    ):
        getattr(client, name)(ConnectionId=NEVER, **arguments)
    assert error.value.response["Error"]["Message"] == "Forbidden"


def test_an_endpoint_may_end_in_a_slash(sample: Running) -> None:
    with (
        connections(f"{sample.http_url}/local/") as client,
        pytest.raises(client.exceptions.GoneException),
    ):
        client.get_connection(ConnectionId=NEVER)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "OPTIONS", "HEAD"])
async def test_another_method_is_not_there(
    sample: Running, socket: ClientConnection, method: str
) -> None:
    answer = httpx.request(method, url(sample, await connection_id_of(socket)))
    assert answer.status_code == 403
    assert answer.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"
    assert method == "HEAD" or answer.json() == {"message": "Missing Authentication Token"}
