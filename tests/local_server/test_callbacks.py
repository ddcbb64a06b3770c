"""Posts that handlers address to the cloud reach the emulator, signed as they were."""

import json
from collections.abc import Iterator

import pytest
from websockets.asyncio.client import ClientConnection, connect

from local_server.callbacks import redirected
from local_server.testing import Running, emulator_in_thread
from tests.local_server.conftest import SAMPLE

ORIGIN = "http://127.0.0.1:3001/local"
SIGNED = SAMPLE.parent / "signed" / "serverless.yml"
HOST = "abcdefghij.execute-api.eu-west-3.amazonaws.com"
HOSTS = (HOST, "ws.example.com")


@pytest.mark.parametrize(
    ("url", "where"),
    [
        (
            f"https://{HOST}/local/@connections/x%3D",
            "http://127.0.0.1:3001/local/@connections/x%3D",
        ),
        ("https://ws.example.com/rt/@connections/x", "http://127.0.0.1:3001/rt/@connections/x"),
        ("https://127.0.0.1:3001/l/@connections/x", "http://127.0.0.1:3001/l/@connections/x"),
        ("https://localhost:3001/l/%40connections/x", "http://127.0.0.1:3001/l/%40connections/x"),
        (
            "http://127.0.0.1:3001/l/@connections/x?a=b",
            "http://127.0.0.1:3001/l/@connections/x?a=b",
        ),
        # Where a client of another machine found it: domainName is what that client wrote.
        ("https://192.168.1.5:3001/l/@connections/x", "http://127.0.0.1:3001/l/@connections/x"),
        ("https://laptop.lan:3001/l/@connections/x", "http://127.0.0.1:3001/l/@connections/x"),
    ],
)
def test_a_post_to_this_service_reaches_the_emulator(url: str, where: str) -> None:
    assert redirected(url, ORIGIN, HOSTS) == where


@pytest.mark.parametrize(
    "url",
    [
        f"https://{HOST}/local/orders",
        "https://zzzzzzzzzz.execute-api.eu-west-3.amazonaws.com/prod/@connections/x",
        "https://127.0.0.1:9999/local/@connections/x",
        "https://dynamodb.eu-west-3.amazonaws.com/",
        "http://127.0.0.1:8000/",
    ],
)
def test_anything_else_goes_where_it_says(url: str) -> None:
    assert redirected(url, ORIGIN, HOSTS) == url


@pytest.fixture(scope="module")
def verifying() -> Iterator[Running]:
    with emulator_in_thread(SIGNED, verify_signatures=True) as running:
        yield running


@pytest.mark.parametrize("by", ["domain", "api", "nothing"])
async def test_deployed_code_reaches_its_caller_unchanged(
    socket: ClientConnection, by: str
) -> None:
    await socket.send(f'{{"kind": "dial", "by": "{by}"}}')
    assert await socket.recv() == "it rings"


@pytest.mark.parametrize("at", ["domain", "api", "own", "variable"])
@pytest.mark.parametrize("by", ["boto3", "requests"])
async def test_it_does_so_with_a_signature_that_holds__4_1__4_16(
    verifying: Running, at: str, by: str
) -> None:
    """The signed Host is the cloud's, or that of the client that connected."""
    async with connect(verifying.websocket_url) as socket:
        outcome = await call(socket, "POST", at=at, by=by)
    assert outcome == {"code": 200, "posted": True}


async def test_it_does_so_by_whatever_name_the_client_has_for_this_machine(
    verifying: Running,
) -> None:
    by_name = verifying.websocket_url.replace("127.0.0.1", "localhost")
    async with connect(by_name) as socket:
        assert await call(socket, "POST", at="domain") == {"code": 200, "posted": True}


async def test_every_function_calls_in_its_own_name__4_6__4_15(verifying: Running) -> None:
    """The role of `call` denies what that of `privileged`, which nobody can see, may allow."""
    async with (
        connect(verifying.websocket_url) as socket,
        connect(verifying.websocket_url) as other,
    ):
        target = str((await outcome_of(other, "GET"))["connection"])
        denied = await call(socket, "DELETE", target=target)
        assert denied["code"] == "AccessDeniedException"
        assert (
            "User: arn:aws:sts::000000000000:assumed-role/signed-local-eu-west-3-lambdaRole/"
            "signed-local-call is not authorized to perform: execute-api:ManageConnections"
        ) in str(denied["message"])
        allowed = await call(socket, "DELETE", kind="privileged", target=target)
        assert allowed == {"code": 204}


async def test_connect_and_disconnect_call_in_their_own_names_too__4_9__5_1(
    verifying: Running,
) -> None:
    async with connect(verifying.websocket_url) as observer:
        watcher = (await outcome_of(observer, "GET"))["connection"]
        async with connect(f"{verifying.websocket_url}?observer={watcher}"):
            assert json.loads(await observer.recv())["POST"] == "GoneException"
        assert json.loads(await observer.recv())["POST"] == "GoneException"


async def call(socket: ClientConnection, method: str, **wanted: str) -> dict[str, object]:
    """What became of a handler's call, and whether its own socket got the post."""
    outcome = await outcome_of(socket, method, **wanted)
    del outcome["connection"]
    return outcome


async def outcome_of(socket: ClientConnection, method: str, **wanted: str) -> dict[str, object]:
    await socket.send(json.dumps({"kind": "call", "method": method, **wanted}))
    frame = str(await socket.recv())
    posted = {"posted": True} if frame == "posted" else {}
    outcome = json.loads(str(await socket.recv()) if posted else frame)
    return {key: value for key, value in outcome.items() if value != ""} | posted
