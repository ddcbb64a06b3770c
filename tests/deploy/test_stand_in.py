"""The whole service, packaged, deployed to a stand-in for AWS, used by real clients and removed.

The tests run in this order, on one deployment, with the stand-in's enforcement of IAM switched on.
The stand-in is ministack. What it does otherwise than API Gateway is asserted nowhere here, and
shown on our own emulator instead (docs/fidelity.md):
- an authorizer's Unauthorized is answered with 500, a refused `$connect` always with 403;
- GetConnection's answer has its names in the wrong case;
- a close that we ask for by DELETE may arrive as 1006, and no sub-protocol is agreed on;
- frames and messages have no limits of size, and there are no quotas;
- the text of an exception reaches the client, and so does the body of a route without a response;
- an invocation waits for 50 ms, so nothing is measured here;
- a function that ends while its stack is removed has a log group again, and needs no leave for it.
"""

import asyncio
import json
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import websockets
from botocore.exceptions import ClientError

from client import Api, Heliograph, Refused
from tests.deploy.conftest import run
from tests.deploy.process import PATIENCE, StandIn, make_python

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(300)]

STAGE = "stand-in"
STACK = f"heliograph-{STAGE}"
PASSWORD = "correct horse"
INSTALLED_BY_NPM = "node_modules/.package-lock.json"


@dataclass(frozen=True)
class Deployment:
    """Where the deployed service is, and who can use it."""

    http_url: str
    websocket_url: str
    said: str

    async def token(self, username: str) -> str:
        async with Api(self.http_url) as api:
            return (await api.login(username, PASSWORD)).access_token


@pytest.fixture(scope="module")
def stand_in(
    tmp_path_factory: pytest.TempPathFactory, python_of_lambda: Path, linux_x86_64: None
) -> Iterator[StandIn]:
    folder = tmp_path_factory.mktemp("stand-in")
    made = StandIn(make_python(folder, python_of_lambda), folder)
    try:
        made.wait_until_ready()
        yield made
    finally:
        made.stop()


def make(target: str, stand_in: StandIn) -> str:
    """As a person calls it, but for what is installed already."""
    options = ("--no-print-directory", "-o", ".venv/.installed", "-o", INSTALLED_BY_NPM)
    return run("make", *options, target, f"STAGE={STAGE}", environment=stand_in.environment)


@pytest.fixture(scope="module")
def deployed(stand_in: StandIn, osls: Path) -> Deployment:
    said = make("deploy", stand_in)
    for command in ("rotate-key", "create-user root --role admin", "create-user alice"):
        admin = (sys.executable, "-m", "infra.admin", "--stage", STAGE)
        secret = {"HELIOGRAPH_PASSWORD": PASSWORD}
        run(*admin, *command.split(), environment=stand_in.environment | secret)
    apis = stand_in.client("apigatewayv2").get_apis()["Items"]
    ids = {api["ProtocolType"]: api["ApiId"] for api in apis}
    base = f"127.0.0.1:{stand_in.port}/_aws/execute-api"
    return Deployment(
        http_url=f"http://{base}/{ids['HTTP']}/$default",
        websocket_url=f"ws://{base}/{ids['WEBSOCKET']}/{STAGE}",
        said=said,
    )


def test_a_deploy_says_what_it_will_do_and_where_the_service_is(deployed: Deployment) -> None:
    assert deployed.said.startswith(f"Stage {STAGE}: the CloudFormation stack {STACK}, ")
    assert f"build/{STAGE}.zip: " in deployed.said
    assert "POST - https://" in deployed.said
    assert "wss://" in deployed.said


async def test_a_user_logs_in_and_hears_what_is_sent_and_broadcast(deployed: Deployment) -> None:
    root, alice = await deployed.token("root"), await deployed.token("alice")
    heard = Heliograph(
        deployed.http_url,
        alice,
        websocket_url=deployed.websocket_url,
        topics=["orders:*"],
        patient=False,
    )
    async with asyncio.timeout(PATIENCE), Api(deployed.http_url, root) as api, heard:
        sent = await api.send("alice", "Hello")
        first = await anext(heard.notifications())
        broadcast = await api.broadcast("orders:1", "News")
        second = await anext(heard.notifications())
        stats = await api.stats()
    assert (first.id, first.title) == (sent.notification_id, "Hello")
    assert (second.id, second.topic) == (broadcast.notification_id, "orders:1")
    assert stats.websocket_connections == 1


async def test_a_broadcast_to_more_goes_by_the_queue_and_reaches_each(
    deployed: Deployment,
) -> None:
    root, alice = await deployed.token("root"), await deployed.token("alice")
    address = f"{deployed.websocket_url}?token={alice}"
    async with (
        asyncio.timeout(PATIENCE),
        Api(deployed.http_url, root) as api,
        websockets.connect(address, open_timeout=PATIENCE) as one,
        websockets.connect(address, open_timeout=PATIENCE) as other,
    ):
        queued = await api.broadcast("general", "News")
        frames = [json.loads(await one.recv()), json.loads(await other.recv())]
    assert {frame["id"] for frame in frames} == {queued.notification_id}
    assert {frame["type"] for frame in frames} == {"notification"}


async def test_a_bad_token_is_refused_with_4001_in_a_frame(deployed: Deployment) -> None:
    refused = Heliograph(
        deployed.http_url, "no-token", websocket_url=deployed.websocket_url, patient=False
    )
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(Refused) as caught:
            await refused.open()
    assert caught.value.code == 4001


async def test_who_has_left_leaves_no_rows(deployed: Deployment, stand_in: StandIn) -> None:
    tables = stand_in.client("dynamodb")
    async with asyncio.timeout(PATIENCE):
        for name in ("connections", "subscriptions"):
            while tables.scan(TableName=f"{STACK}-{name}")["Count"]:
                await asyncio.sleep(0.2)


def test_a_role_does_not_allow_what_no_function_does(
    deployed: Deployment, stand_in: StandIn
) -> None:
    function = stand_in.client("lambda").get_function_configuration(FunctionName=f"{STACK}-connect")
    given = stand_in.client("sts").assume_role(
        RoleArn=function["Role"], RoleSessionName="a-function"
    )["Credentials"]
    tables = stand_in.client(
        "dynamodb",
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        tables.scan(TableName=f"{STACK}-connections")


def left(stand_in: StandIn, before_ms: float = math.inf) -> dict[str, list[Any]]:
    """What is deployed, by its kind; of the log groups, those that were there before."""
    client = stand_in.client
    found = {
        "stacks": [
            stack["StackName"]
            for stack in client("cloudformation").list_stacks()["StackSummaries"]
            if stack["StackStatus"] != "DELETE_COMPLETE"
        ],
        "tables": client("dynamodb").list_tables()["TableNames"],
        "queues": client("sqs").list_queues().get("QueueUrls", []),
        "functions": client("lambda").list_functions()["Functions"],
        "sources": client("lambda").list_event_source_mappings()["EventSourceMappings"],
        "apis": client("apigatewayv2").get_apis()["Items"],
        "log groups": [
            group
            for group in client("logs").describe_log_groups()["logGroups"]
            if group["creationTime"] < before_ms
        ],
        "roles": client("iam").list_roles()["Roles"],
        "buckets": client("s3").list_buckets()["Buckets"],
        "alarms": client("cloudwatch").describe_alarms()["MetricAlarms"],
        "topics": client("sns").list_topics()["Topics"],
        "rules": client("events").list_rules()["Rules"],
    }
    return {kind: names for kind, names in found.items() if names}


def test_a_removal_leaves_nothing(deployed: Deployment, stand_in: StandIn) -> None:
    assert len(left(stand_in)) == 12
    now_ms = time.time() * 1000
    make("remove", stand_in)
    assert left(stand_in, before_ms=now_ms) == {}


def test_no_process_stays_behind(stand_in: StandIn) -> None:
    assert stand_in.is_running()
    stand_in.stop()
    assert not stand_in.is_running()
