"""One upgrade's decision, apart from any socket."""

from pathlib import Path

import pytest

from local_server.assumptions import Assumptions
from local_server.errors import FunctionCrashed, FunctionError, FunctionForbidden, FunctionRaised
from local_server.handshake import Accepted, Handshake, Refused
from local_server.responses import Response
from tests.local_server import api

CONNECT = "{websocket: $connect}"


async def decided(
    folder: Path, answer: str | FunctionError, assumed: Assumptions | None = None
) -> Accepted | Refused:
    parts = api.shared(assumptions=assumed)
    integration = api.integration(api.Answers(answer), parts)
    handshake = Handshake(api.template(folder, CONNECT), integration, parts)
    return await handshake.decide(api.peer(parts), api.upgrade())


async def test_without_a_route_nobody_is_asked__1_2_1(tmp_path: Path) -> None:
    parts, answers = api.shared(), api.Answers()
    template = api.template(tmp_path, "{websocket: $default}")
    handshake = Handshake(template, api.integration(answers, parts), parts)
    decision = await handshake.decide(peer := api.peer(parts), api.upgrade())
    assert decision == Accepted(peer)
    assert answers.events == []


async def test_a_success_opens_with_the_subprotocol_it_names__1_2_3__1_2_10(tmp_path: Path) -> None:
    answer = '{"statusCode": 204, "headers": {"sec-websocket-protocol": "chat"}}'
    decision = await decided(tmp_path, answer)
    assert isinstance(decision, Accepted)
    assert decision.subprotocol == "chat"


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ('{"statusCode": 418}', 418),
        ('{"statusCode": 301, "headers": {"Location": "/"}}', 301),
        ("null", 502),
        ('{"statusCode": 99}', 502),
        (FunctionRaised("E", "x"), 502),
        (FunctionCrashed("E", "x"), 502),
        (FunctionForbidden("E", "x"), 500),
    ],
)
async def test_everything_else_is_a_refusal_with_a_status__1_2_4__1_2_5__1_2_7(
    tmp_path: Path, answer: str | FunctionError, status: int
) -> None:
    decision = await decided(tmp_path, answer)
    assert isinstance(decision, Refused)
    assert decision.response.status == status


async def test_why_a_result_is_malformed_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    decision = await decided(tmp_path, '{"status": 200}')
    assert isinstance(decision, Refused)
    assert caplog.messages == [
        "$connect -> f: the result is malformed: "
        "a mapping with a statusCode is expected; this one has 'status'"
    ]


async def test_a_refusal_that_is_malformed_is_one_too(tmp_path: Path) -> None:
    answer = '{"statusCode": 403, "body": {}}'
    decision = await decided(tmp_path, answer, Assumptions(refusal_has_body=True))
    assert isinstance(decision, Refused)
    assert decision.response.status == 502


@pytest.mark.parametrize(("has_body", "body"), [(False, b""), (True, b"not today")])
async def test_the_body_of_a_refusal_goes_along_where_that_is_assumed__1_2_8(
    tmp_path: Path, has_body: bool, body: bytes
) -> None:
    answer = '{"statusCode": 403, "body": "not today"}'
    decision = await decided(tmp_path, answer, Assumptions(refusal_has_body=has_body))
    assert isinstance(decision, Refused)
    assert isinstance(decision.response, Response)
    assert decision.response.body == body
