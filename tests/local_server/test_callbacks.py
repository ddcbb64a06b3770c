import pytest
from websockets.asyncio.client import ClientConnection

from local_server.callbacks import redirected

ORIGIN = "http://127.0.0.1:3001/local"
HOST = "abcdefghij.execute-api.eu-west-3.amazonaws.com"


@pytest.mark.parametrize(
    ("url", "where"),
    [
        (
            f"https://{HOST}/local/@connections/x%3D",
            "http://127.0.0.1:3001/local/@connections/x%3D",
        ),
        ("https://127.0.0.1:3001/l/@connections/x", "http://127.0.0.1:3001/l/@connections/x"),
        ("https://localhost:3001/l/%40connections/x", "http://127.0.0.1:3001/l/%40connections/x"),
        (
            "http://127.0.0.1:3001/l/@connections/x?a=b",
            "http://127.0.0.1:3001/l/@connections/x?a=b",
        ),
    ],
)
def test_a_post_to_this_service_reaches_the_emulator(url: str, where: str) -> None:
    assert redirected(url, ORIGIN, HOST) == where


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
    assert redirected(url, ORIGIN, HOST) == url


@pytest.mark.parametrize("by", ["domain", "api", "nothing"])
async def test_deployed_code_reaches_its_caller_unchanged(
    socket: ClientConnection, by: str
) -> None:
    await socket.send(f'{{"kind": "dial", "by": "{by}"}}')
    assert await socket.recv() == "it rings"
