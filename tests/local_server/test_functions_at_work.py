"""Functions behind the gateway: what clients see when Lambda takes no event, or loses one."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import httpx
import pytest

from local_server.faults import Fault, FaultKind
from local_server.store import FAKE_CREDENTIALS
from local_server.testing import Refused, RunningInThread, emulator_in_thread

SERVICE = """
service: s
provider: {name: aws, region: eu-west-3}
functions:
  gate: {handler: a.gate, events: [{websocket: $connect}]}
  full:
    handler: a.echo
    reservedConcurrency: 0
    events: [{websocket: full}, {httpApi: POST /full}]
  echo:
    handler: a.echo
    events:
      - websocket: {route: echo, routeResponseSelectionExpression: $default}
      - httpApi: POST /echo
  huge: {handler: a.huge, events: [{websocket: huge}, {httpApi: GET /huge}]}
  work:
    handler: a.work
    environment: {QUEUE: !Ref Jobs}
    events: [{sqs: {arn: !GetAtt Jobs.Arn}}]
resources:
  Resources:
    Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs, VisibilityTimeout: 1}}
"""
CODE = """
import pathlib
def gate(event, context):
    return {"statusCode": 200}
def echo(event, context):
    return {"statusCode": 200, "body": event["body"][:100]}
def huge(event, context):
    return {"statusCode": 200, "body": "x" * 6_291_556}
def work(event, context):
    pathlib.Path("worked").write_text(event["Records"][0]["attributes"]["ApproximateReceiveCount"])
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("service")
    (folder / "serverless.yml").write_text(SERVICE)
    (folder / "a.py").write_text(CODE)
    return folder


@pytest.fixture(scope="module")
def gw(service: Path) -> Iterator[RunningInThread]:
    with emulator_in_thread(service / "serverless.yml") as running:
        yield running


async def test_a_function_without_concurrency_is_an_internal_error__2_3_5(
    gw: RunningInThread,
) -> None:
    async with await gw.connect() as socket:
        await socket.send({"action": "full"})
        assert (await socket.receive())["message"] == "Internal server error"


async def test_a_throttled_connect_is_refused_as_lambdas_other_refusals(
    gw: RunningInThread,
) -> None:
    number = gw.faults.add(Fault(FaultKind.FUNCTION_THROTTLED, function="gate"))
    with pytest.raises(Refused) as refusal:
        await gw.connect()
    gw.faults.remove(number)
    assert (refusal.value.status, refusal.value.body) == (
        500,
        '{"message":"Internal server error"}',
    )


async def test_a_throttled_function_of_an_http_api_is_unavailable(gw: RunningInThread) -> None:
    async with httpx.AsyncClient(base_url=gw.http_url) as http:
        answer = await http.post("/full")
    assert (answer.status_code, answer.text) == (503, '{"message":"Service Unavailable"}')


async def test_a_body_that_base64_makes_too_big_is_a_413__6_3_11(gw: RunningInThread) -> None:
    headers = {"content-type": "application/octet-stream"}
    async with httpx.AsyncClient(base_url=gw.http_url, timeout=30) as http:
        answer = await http.post("/echo", content=b"\xff" * 4_800_000, headers=headers)
    assert (answer.status_code, answer.text) == (413, '{"message":"Request Entity Too Large"}')


async def test_a_result_too_big_for_lambda_is_an_internal_error__2_3_2__6_3_12(
    gw: RunningInThread,
) -> None:
    async with httpx.AsyncClient(base_url=gw.http_url, timeout=30) as http:
        answer = await http.get("/huge")
    assert (answer.status_code, answer.text) == (500, '{"message":"Internal Server Error"}')
    async with await gw.connect() as socket:
        await socket.send({"action": "huge"})
        assert (await socket.receive())["message"] == "Internal server error"


async def test_a_batch_of_a_throttled_function_stays_in_its_queue(
    gw: RunningInThread, service: Path
) -> None:
    gw.faults.add(Fault(FaultKind.FUNCTION_THROTTLED, function="work", times=1))
    sqs = boto3.client(
        "sqs",
        endpoint_url=gw.store_url,
        region_name="eu-west-3",
        aws_access_key_id=FAKE_CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=FAKE_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    await asyncio.to_thread(sqs.send_message, QueueUrl=url, MessageBody=json.dumps({}))
    sqs.close()
    worked = service / "worked"
    async with asyncio.timeout(20):
        while not (worked.exists() and worked.read_text()):
            await asyncio.sleep(0.02)
    assert worked.read_text() == "2"


async def test_a_worker_that_is_killed_is_an_internal_error_and_replaced__2_3_2(
    gw: RunningInThread,
) -> None:
    async with await gw.connect() as socket:
        gw.faults.add(Fault(FaultKind.WORKER_KILLED, connection=socket.connection_id, times=1))
        await socket.send({"action": "echo"})
        assert (await socket.receive())["message"] == "Internal server error"
        await socket.send({"action": "echo"})
        assert await socket.receive() == {"action": "echo"}
