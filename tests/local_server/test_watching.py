"""A page that follows the time line, and what it sees of a running service."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import boto3
import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from local_server.faults import Fault, FaultKind
from local_server.provisioning import Client
from local_server.testing import Running, emulator


def address(sample: Running, after: str = "") -> str:
    return sample.http_url.replace("http", "ws") + f"/_local/feed?after={after}"


def watching(sample: Running, after: str = "") -> connect:
    # An event of another test may be larger than what the library takes by itself.
    return connect(address(sample, after), max_size=None)


@pytest.fixture
def sqs(sample: Running) -> Iterator[Client]:
    client = boto3.client(
        "sqs", endpoint_url=sample.store_url, region_name="eu-west-3",
        aws_access_key_id="local", aws_secret_access_key="local",
    )  # fmt: skip
    yield cast(Client, client)
    client.close()


class Page:
    """Reads entries until one is found."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.hello: dict[str, Any] = {}
        self.position = 0
        self._entries: list[dict[str, Any]] = []

    async def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        async with asyncio.timeout(20):
            while True:
                for index, entry in enumerate(self._entries):
                    if wanted(entry):
                        del self._entries[: index + 1]
                        return entry
                self._entries.clear()
                await self._read()

    async def _read(self) -> None:
        message = json.loads(await self._connection.recv())
        if "run" in message:
            self.hello = message
            return
        self._entries += message["entries"]
        self.position = message["first"] + len(message["entries"]) - 1


async def test_what_passes_through_is_told_in_its_order(
    sample: Running, socket: ClientConnection
) -> None:
    async with watching(sample) as connection:
        page = Page(connection)
        await socket.send('{"kind": "echo", "n": 4711}')
        came = await page.until(lambda one: "4711" in one.get("text", ""))
        assert (came["kind"], came["direction"]) == ("frame", "in")
        event = await page.until(lambda one: one["kind"] == "event")
        assert event["event"]["requestContext"]["connectionId"] == came["connection_id"]
        went = await page.until(lambda one: one["kind"] == "frame")
        assert (went["direction"], went["connection_id"]) == ("out", came["connection_id"])
        answer = await page.until(lambda one: one["kind"] == "answer")
        assert (answer["request_id"], answer["function"]) == (event["request_id"], "echo")
        assert answer["ms"] > 0


async def test_a_reload_goes_on_where_it_was(sample: Running, socket: ClientConnection) -> None:
    async with watching(sample) as connection:
        page = Page(connection)
        await socket.send('{"kind": "echo", "n": 1234}')
        await page.until(lambda one: "1234" in one.get("text", ""))
        seen = f"{page.hello['run']}.{page.position}"
    await socket.send('{"kind": "echo", "n": 5678}')
    async with watching(sample, seen) as connection:
        page = Page(connection)
        await page._read()
        await page._read()
        assert not [one for one in page._entries if "1234" in one.get("text", "")]
        await page.until(lambda one: "5678" in one.get("text", ""))


async def test_another_run_starts_from_the_first(sample: Running, socket: ClientConnection) -> None:
    await socket.send('{"kind": "echo"}')
    await socket.recv()
    async with watching(sample, "00000000.99") as connection:
        page = Page(connection)
        await page.until(lambda one: one["kind"] == "opened")


async def test_requests_prints_faults_and_the_clock_are_told(
    sample: Running, http: httpx.AsyncClient
) -> None:
    number = sample.faults.add(Fault(FaultKind.COLD_START, function="mirror", times=1))
    async with watching(sample) as connection:
        page = Page(connection)
        await http.get("/things/815")
        struck = await page.until(lambda one: one["kind"] == "fault")
        assert (struck["number"], struck["fault"]) == (number, "cold-start")
        told = await page.until(lambda one: one["kind"] == "http")
        assert (told["method"], told["path"], told["status"]) == ("GET", "/things/815", 200)
        await sample.advance(1)
        moved = await page.until(lambda one: one["kind"] == "clock")
        assert moved["seconds"] == 1


async def test_what_a_queue_had_is_told(sample: Running, sqs: Client) -> None:
    url = sample.environment["JOBS_QUEUE_URL"]
    async with watching(sample) as connection:
        page = Page(connection)
        await asyncio.to_thread(sqs.send_message, QueueUrl=url, MessageBody="{}")
        batch = await page.until(lambda one: one.get("source") == "queue")
        assert (batch["kind"], batch["function"], batch["size"]) == ("batch", "work", 1)


async def test_who_is_turned_away_is_told(sample: Running) -> None:
    async with watching(sample) as connection:
        page = Page(connection)
        with pytest.raises(InvalidStatus):
            await connect(f"{sample.websocket_url}?raise=1")
        # The page is shown what came before, too: others may have been refused.
        await page.until(lambda one: (one["kind"], one.get("status")) == ("refused", 502))


async def test_what_a_handler_prints_is_told_with_its_invocation(tmp_path: Path) -> None:
    (tmp_path / "serverless.yml").write_text("service: s\nfunctions: {f: {handler: h.f}}\n")
    (tmp_path / "h.py").write_text("def f(event, context):\n    print('hello', event['n'])\n")
    async with emulator(tmp_path / "serverless.yml") as running, watching(running) as connection:
        page = Page(connection)
        await running.invoke("f", {"n": 5})
        event = await page.until(lambda one: one["kind"] == "event")
        line = await page.until(lambda one: one["kind"] == "log")
        assert (line["text"], line["function"]) == ("hello 5", "f")
        assert line["request_id"] == event["request_id"]


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}],
)
async def test_a_page_of_another_site_sees_nothing(
    sample: Running, headers: dict[str, str]
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(address(sample), additional_headers=headers)
    assert refused.value.response.status_code == 403


async def test_without_an_upgrade_there_is_none(http: httpx.AsyncClient) -> None:
    assert (await http.get("/_local/feed")).status_code == 426
