"""The embedded stores: started, seen to answer, stopped."""

import asyncio
import os
import signal
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from local_server.clock import Clock
from local_server.emulator import Emulator
from local_server.errors import StoreError
from local_server.provisioning import Clients, make_clients
from local_server.settings import Settings
from local_server.store import FAKE_CREDENTIALS, Store, start_store
from local_server.stores.endpoints import Endpoints, Follows
from local_server.stores.folder import Folder
from local_server.stores.process import StoreProcess
from local_server.stores.programs import choose_programs, dynoxide, ministack
from local_server.testing import Running, emulator
from tests.local_server.stores import needs_dynoxide


@pytest.mark.parametrize("choice", ["ministack", "moto"])
async def test_an_embedded_store_answers_on_loopback_until_it_is_stopped(choice: str) -> None:
    store = start_store(choice)
    try:
        await store.ready()
        assert store.url.startswith("http://127.0.0.1:")
        async with httpx.AsyncClient() as client:
            assert (await client.get(store.url)).status_code < 600
    finally:
        await store.stop()
    host, port = store.url.removeprefix("http://").split(":")
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(host, int(port))


async def test_a_url_is_a_store_that_runs_already() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    store = start_store(f"http://127.0.0.1:{port}/")
    assert store.url == f"http://127.0.0.1:{port}"
    with pytest.raises(StoreError, match="nothing answers at"):
        await store.ready()
    await store.stop()


def test_two_programs_have_two_addresses() -> None:
    programs = (dynoxide(Path("/opt/dynoxide"), None), ministack("queues", None))
    tables, queues = (StoreProcess(replace(one, words=("true",)), {}) for one in programs)
    store = Store("dynoxide", tables.url, [tables, queues])
    asyncio.run(store.stop())
    assert store.endpoints == Endpoints(dynamodb=tables.url, sqs=queues.url, ssm=queues.url)
    assert store.addresses == (
        (tables.url, "dynoxide: tables"),
        (queues.url, "ministack: queues"),
    )
    assert store.follows == Follows(tables=False, queues=True)


async def test_an_embedded_store_follows_the_clock_and_one_at_a_url_does_not() -> None:
    moto = start_store("moto")
    try:
        assert moto.follows == Follows(tables=True, queues=True)
        await moto.ready()
        await moto.go_ahead(86_400_000)
        async with httpx.AsyncClient() as client:
            date = (await client.get(moto.url + "/moto-api/")).headers["date"]
        assert parsedate_to_datetime(date) > datetime.now(UTC) + timedelta(hours=23)
    finally:
        await moto.stop()
    assert Store("store", "http://127.0.0.1:1").follows == Follows()


def test_other_names_are_refused() -> None:
    with pytest.raises(
        StoreError, match="--store takes ministack, moto, dynoxide or a URL, not 'redis'"
    ):
        start_store("redis")


def test_real_credentials_go_to_aws_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "real")
    aws = Store("store", "https://dynamodb.eu-west-3.amazonaws.com")
    assert aws.credentials["AWS_ACCESS_KEY_ID"] == "real"
    assert aws.endpoints == Endpoints()
    for url in ("http://127.0.0.1:8000", "https://amazonaws.com.evil.example"):
        assert Store("store", url).credentials == FAKE_CREDENTIALS


async def test_a_proxy_is_not_asked_for_the_way_to_a_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    store = start_store("moto")
    try:
        await store.ready()
    finally:
        await store.stop()


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    writer.close()


async def test_something_else_at_the_url_is_no_store() -> None:
    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(StoreError, match="nothing answers at"):
            await start_store(f"http://127.0.0.1:{port}").ready()


def test_a_url_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(StoreError, match="--store http://\\[: Invalid IPv6 URL"):
        start_store("http://[")


# What is kept

KEPT = """\
service: kept
provider: { name: aws, region: eu-west-3 }
resources:
  Resources:
    Things:
      Type: AWS::DynamoDB::Table
      Properties:
        TableName: things
        AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
        KeySchema: [{ AttributeName: id, KeyType: HASH }]
    Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs } }
"""
ITEM = {"id": {"S": "1"}, "blob": {"B": b"\x00\xff"}}


def kept_template(folder: Path) -> Path:
    (folder / "serverless.yml").write_text(KEPT)
    # Where a project has its packages; a dynoxide on the PATH needs none.
    if MODULES.is_dir():
        (folder / "node_modules").symlink_to(MODULES)
    return folder / "serverless.yml"


def clients_of(running: Running) -> Clients:
    variables = running.environment
    endpoints = Endpoints(
        dynamodb=variables["AWS_ENDPOINT_URL_DYNAMODB"], sqs=variables["AWS_ENDPOINT_URL_SQS"]
    )
    return make_clients(endpoints, "eu-west-3", FAKE_CREDENTIALS)


MODULES = Path(__file__).parents[2] / "node_modules"
KEEPERS = ["ministack", pytest.param("dynoxide", marks=needs_dynoxide)]


@pytest.mark.parametrize("choice", KEEPERS)
async def test_rows_and_messages_outlive_a_stop(choice: str, tmp_path: Path) -> None:
    file, data = kept_template(tmp_path), tmp_path / "data"
    async with emulator(file, store=choice, data=data) as running:
        clients = clients_of(running)
        clients.dynamodb.put_item(TableName="things", Item=ITEM)
        url = clients.sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
        clients.sqs.send_message(QueueUrl=url, MessageBody="work")
        close(clients)
    async with emulator(file, store=choice, data=data) as running:
        clients = clients_of(running)
        found = clients.dynamodb.get_item(TableName="things", Key={"id": {"S": "1"}})
        url = clients.sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
        (message,) = clients.sqs.receive_message(QueueUrl=url)["Messages"]
        close(clients)
    assert found["Item"] == ITEM
    assert message["Body"] == "work"


def close(clients: Clients) -> None:
    for client in (clients.dynamodb, clients.sqs, clients.streams):
        client.close()


async def test_two_cannot_keep_their_store_in_one_directory(tmp_path: Path) -> None:
    file, data = kept_template(tmp_path), tmp_path / "data"
    async with emulator(file, data=data):
        with pytest.raises(StoreError, match="another emulator keeps its store there"):
            async with emulator(file, data=data):
                pytest.fail("two emulators on one directory")


async def test_a_directory_is_free_again_after_a_start_that_failed(tmp_path: Path) -> None:
    file, data = kept_template(tmp_path), tmp_path / "data"
    with pytest.raises(StoreError):
        async with emulator(broken(file), data=data):
            pytest.fail("a broken template")
    Folder.hold(data).close()


def broken(file: Path) -> Path:
    file.write_text(
        KEPT.replace("KeySchema: [{ AttributeName: id", "KeySchema: [{ AttributeName: x")
    )
    return file


@pytest.mark.parametrize("choice", ["moto", "http://127.0.0.1:9"])
def test_a_choice_that_cannot_keep_anything_leaves_no_directory(
    choice: str, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="--data: "):
        start_store(choice, data=tmp_path / "data")
    assert not (tmp_path / "data").exists()


# What ends too early


async def test_a_store_that_is_killed_is_lost() -> None:
    store = start_store("moto")
    try:
        await store.ready()
        os.kill(store.pids[0], signal.SIGKILL)
        with pytest.raises(StoreError) as error:
            await store.watch(Clock())
    finally:
        await store.stop()
    assert str(error.value) == "moto has ended (killed by SIGKILL): its tables and queues are gone"


async def until_it_runs_again(store: Store, pid: int) -> None:
    while store.pids[0] == pid:
        await asyncio.sleep(0)
    await store.ready()


async def test_one_that_has_written_everything_runs_again_but_once() -> None:
    program = replace(choose_programs("moto", Path(), None)[0], survives_kill=True)
    process = StoreProcess(program, {**os.environ, **FAKE_CREDENTIALS})
    store = Store("moto", process.url, [process])
    try:
        await store.ready()
        watch = asyncio.ensure_future(store.watch(Clock()))
        first = store.pids[0]
        os.kill(first, signal.SIGKILL)
        await until_it_runs_again(store, first)
        os.kill(store.pids[0], signal.SIGKILL)
        with pytest.raises(StoreError, match=r"moto (has ended|did not start)"):
            await watch
    finally:
        await store.stop()


@needs_dynoxide
async def test_dynoxide_survives_its_own_killing(tmp_path: Path) -> None:
    file, data = kept_template(tmp_path), tmp_path / "data"
    running = Emulator(Settings(file, store="dynoxide", data=data))
    await running.start()
    try:
        clients = make_clients(running.store.endpoints, "eu-west-3", FAKE_CREDENTIALS)
        clients.dynamodb.put_item(TableName="things", Item=ITEM)
        first = running.store.pids[0]
        os.kill(first, signal.SIGKILL)
        await until_it_runs_again(running.store, first)
        found = clients.dynamodb.get_item(TableName="things", Key={"id": {"S": "1"}})
        close(clients)
    finally:
        await running.stop()
    assert found["Item"] == ITEM
