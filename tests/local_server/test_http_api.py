"""The HTTP API, through a real client and real workers."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from local_server.authorizers.http import HttpAuthorizers
from local_server.clock import Clock
from local_server.http_api import HttpApi
from local_server.integration import Integration
from local_server.requests import Request
from local_server.responses import Response
from local_server.shared import Shared
from local_server.tasks import Tasks
from local_server.template import FunctionName, load_template
from local_server.testing import Running
from tests.local_server import api


async def test_a_route_gets_its_event__6_1(http: httpx.AsyncClient) -> None:
    answer = await http.get("/things/a%20b?tag=x&tag=y", headers={"Cookie": "a=1; b=2"})
    event = answer.json()["event"]
    assert event["routeKey"] == "GET /things/{id}"
    assert event["pathParameters"] == {"id": "a b"}
    assert event["rawPath"] == "/things/a b"
    assert event["queryStringParameters"] == {"tag": "x,y"}
    assert event["cookies"] == ["a=1", "b=2"]
    assert event["requestContext"]["http"]["method"] == "GET"


async def test_a_body_arrives(http: httpx.AsyncClient) -> None:
    event = (await http.post("/things", json={"a": "é"})).json()["event"]
    assert event["body"] == '{"a":"é"}'
    assert event["headers"]["content-type"] == "application/json"


async def test_a_chunked_body_arrives(http: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    answer = await http.post("/things", content=chunks(), headers={"Content-Type": "text/plain"})
    assert answer.json()["event"]["body"] == "one two"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_a_greedy_route_takes_every_method(http: httpx.AsyncClient, method: str) -> None:
    event = (await http.request(method, "/all/a/b")).json()["event"]
    assert event["routeKey"] == "ANY /all/{proxy+}"
    assert event["pathParameters"] == {"proxy": "a/b"}
    assert event["requestContext"]["http"]["method"] == method


async def test_a_head_has_no_body(http: httpx.AsyncClient) -> None:
    answer = await http.head("/all/x")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_the_context_is_that_of_lambda(http: httpx.AsyncClient) -> None:
    context = (await http.get("/things/1")).json()["context"]
    assert re.fullmatch(r"[0-9a-f-]{36}", context["aws_request_id"])
    assert context["function_name"] == "sample-local-mirror"
    assert context["function_version"] == "$LATEST"
    assert context["memory_limit_in_mb"] == "256"
    assert context["log_group_name"] == "/aws/lambda/sample-local-mirror"
    assert context["log_stream_name"].startswith("[$LATEST]")
    assert context["invoked_function_arn"] == (
        "arn:aws:lambda:eu-west-3:000000000000:function:sample-local-mirror"
    )
    assert 9000 < context["remaining_ms"] <= 10_000


async def test_the_function_decides_status_headers_and_cookies__6_2_1(
    http: httpx.AsyncClient,
) -> None:
    result = {
        "statusCode": 418,
        "headers": {"X-A": "1"},
        "cookies": ["a=1", "b=2"],
        "body": "aGk=",
        "isBase64Encoded": True,
    }
    answer = await http.post("/respond", json=result)
    assert (answer.status_code, answer.text) == (418, "hi")
    assert answer.headers["x-a"] == "1"
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


async def test_every_response_has_the_gateways_headers__6_2_6(http: httpx.AsyncClient) -> None:
    answer = await http.get("/nowhere")
    assert len(answer.headers["apigw-requestid"]) == 16
    assert parsedate_to_datetime(answer.headers["date"]).tzinfo is not None
    assert answer.headers["connection"] == "keep-alive"
    assert "alt-svc" not in answer.headers


async def test_a_204_has_no_body(http: httpx.AsyncClient) -> None:
    answer = await http.post("/respond", json={"statusCode": 204, "body": "dropped"})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    "path", ["/nowhere", "/things", "/things/1/2", "/respond", "/local/things/1"]
)
async def test_no_route_is_a_404__6_3_1__6_3_2(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path)
    assert (answer.status_code, answer.text) == (404, '{"message":"Not Found"}')


@pytest.mark.parametrize("how", ["raise", "exit", "unserialisable"])
async def test_what_goes_wrong_is_a_500_without_details__6_3_8(
    http: httpx.AsyncClient, how: str
) -> None:
    answer = await http.post("/misbehave", json={"how": how})
    assert (answer.status_code, answer.text) == (500, '{"message":"Internal Server Error"}')
    assert answer.headers["content-type"] == "application/json"


async def test_a_raising_handler_is_answered_at_once(http: httpx.AsyncClient) -> None:
    # Of several, as any one may have to wait for the machine.
    answers = [await http.post("/misbehave", json={"how": "raise"}) for _ in range(10)]
    fastest = min(answer.elapsed.total_seconds() for answer in answers)
    assert fastest < 0.9  # its timeout is a second


async def test_a_request_too_big_for_lambda_is_a_413__6_3_11(http: httpx.AsyncClient) -> None:
    for size in (6 * 1024 * 1024 + 1, 10 * 1024 * 1024 + 1):
        answer = await http.post("/things", content=b"x" * size)
        assert (answer.status_code, answer.text) == (413, '{"message":"Request Entity Too Large"}')


async def test_a_preflight_is_answered_without_the_function__6_5(http: httpx.AsyncClient) -> None:
    headers = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "POST"}
    answer = await http.options("/things", headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "https://app.example.com"
    assert answer.headers["access-control-max-age"] == "60"


async def test_gateway_errors_carry_cors_headers_too__6_5(http: httpx.AsyncClient) -> None:
    answer = await http.get("/nowhere", headers={"Origin": "https://app.example.com"})
    assert answer.headers["access-control-allow-origin"] == "https://app.example.com"
    assert answer.headers["access-control-expose-headers"] == "x-total"


async def test_many_requests_run_at_once(http: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(http.get(f"/things/{n}") for n in range(40)))
    found = [answer.json()["event"]["pathParameters"]["id"] for answer in answers]
    assert found == [str(n) for n in range(40)]


async def test_the_environment_is_the_templates_and_lambdas(
    http: httpx.AsyncClient, sample: Running
) -> None:
    shown = (await http.get("/environment")).json()
    environment = shown["environment"]
    assert environment["GREETING"] == "good morning"
    assert environment["CALLBACK_ENDPOINT"] == f"{sample.http_url}/local"
    assert environment["OBSERVERS_TABLE"] == "sample-local-observers"
    assert environment["JOBS_QUEUE_ARN"] == "arn:aws:sqs:eu-west-3:000000000000:sample-local-jobs"
    assert environment["AWS_ENDPOINT_URL_DYNAMODB"] == sample.store_url
    assert environment["_HANDLER"] == "functions.web.environment"
    assert environment["LAMBDA_TASK_ROOT"] == shown["cwd"]
    assert environment["TZ"] == ":UTC"


# Results


async def answered(folder: Path, result: str) -> Response:
    parts = api.shared()
    template = api.template(folder, "{httpApi: '*'}")
    integration = api.integration(api.Answers(result), parts)
    authorizers = HttpAuthorizers(integration, parts.clock, template.region)
    return await HttpApi(template, integration, authorizers, parts).handle(api.upgrade())


async def test_a_malformed_result_is_a_500_and_the_log_says_why__6_2_4__6_3_8(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    response = await answered(tmp_path, '{"statusCode": 200, "body": {"a": 1}}')
    assert (response.status, response.body) == (500, b'{"message":"Internal Server Error"}')
    assert "Apigw-Requestid" in dict(response.headers)
    assert caplog.messages == [
        "$default -> f: the result is malformed: "
        "body: text is expected, such as json.dumps makes, not a mapping"
    ]


@pytest.mark.parametrize("capture", ["http-v2-responses/V2_HandlesZeroStatusCode"], indirect=True)
async def test_a_status_of_zero_is_answered_as_recorded__6_2_4(
    tmp_path: Path, capture: dict[str, Any]
) -> None:
    response = await answered(tmp_path, '{"statusCode": 0, "body": "x"}')
    assert (response.status, response.body.decode()) == (capture["StatusCode"], capture["Content"])


# Preflights and authorizers


PREFLIGHT = Request(
    method="OPTIONS",
    path="/x",
    query="",
    headers=(("Origin", "https://a.example"), ("Access-Control-Request-Method", "GET")),
    body=b"",
    source_ip="127.0.0.1",
    port=443,
)


class Nobody:
    """No function is to be asked."""

    async def invoke(self, name: FunctionName, event: object, call: object = None) -> str:
        raise AssertionError(name)


def guarded_api(directory: Path, *routes: str) -> HttpApi:
    events = "\n".join(f"      - httpApi: {{ {route} }}" for route in routes)
    file = directory / "serverless.yml"
    file.write_text(GUARDED.format(events=events))
    template = load_template(file)
    shared = Shared(Clock(), os.urandom, Tasks())
    integration = Integration(Nobody(), shared, 10)
    authorizers = HttpAuthorizers(integration, shared.clock, template.region)
    return HttpApi(template, integration, authorizers, shared)


GUARDED = """\
service: shop
provider:
  name: aws
  httpApi:
    cors: true
    authorizers:
      guard: {{ type: request, functionName: a, identitySource: $request.header.X }}
functions:
  a:
    handler: a.handler
    events:
{events}
"""


async def test_a_guarded_catch_all_swallows_preflights__6_5(tmp_path: Path) -> None:
    """Its authorizer sees a request without a token; OPTIONS /{proxy+} is the way around."""
    guarded = guarded_api(tmp_path, "path: '*', method: '*', authorizer: guard")
    assert (await guarded.handle(PREFLIGHT)).status == 401
    around = "path: '/{proxy+}', method: OPTIONS"
    guarded = guarded_api(tmp_path, "path: '*', method: '*', authorizer: guard", around)
    assert (await guarded.handle(PREFLIGHT)).status == 204


async def test_other_guarded_routes_leave_preflights_alone__6_5(tmp_path: Path) -> None:
    for path in ("/x", "/{proxy+}"):
        guarded = guarded_api(tmp_path, f"path: '{path}', method: '*', authorizer: guard")
        assert (await guarded.handle(PREFLIGHT)).status == 204
