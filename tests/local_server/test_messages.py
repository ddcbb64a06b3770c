"""One message's answer, apart from any socket."""

import json
from pathlib import Path

import pytest

from local_server.assumptions import Assumptions
from local_server.clock import Clock
from local_server.errors import FunctionError, FunctionRaised, FunctionThrottled
from local_server.messages import Messages
from local_server.throttling import Limits
from tests.local_server import api

TWO_WAY = "{websocket: {route: say, routeResponseSelectionExpression: $default}}"
SAY = '{"action": "say"}'


async def answered(
    folder: Path, answer: str | FunctionError, text: str = SAY, events: str = TWO_WAY
) -> str | None:
    parts = api.shared()
    integration = api.integration(api.Answers(answer), parts)
    return await Messages(api.template(folder, events), integration, parts).answer(
        api.peer(parts), text
    )


async def test_a_two_way_route_answers_with_the_body__2_4_2__2_4_3(tmp_path: Path) -> None:
    assert await answered(tmp_path, '{"statusCode": 500, "body": "hi"}') == "hi"


async def test_a_one_way_route_answers_nothing__2_4_1(tmp_path: Path) -> None:
    assert await answered(tmp_path, '{"body": "hi"}', events="{websocket: say}") is None


@pytest.mark.parametrize(
    ("answer", "text", "message"),
    [
        ("null", '{"action": "other"}', "Forbidden"),
        (FunctionRaised("E", "x"), SAY, "Internal server error"),
        (FunctionThrottled("E", "x"), SAY, "Internal server error"),
        ('{"Data": 1}', SAY, "Internal server error"),
        ('{"statusCode": 200, "body": 7}', SAY, "Internal server error"),
    ],
)
async def test_what_goes_wrong_is_a_frame__2_3_1__2_3_2__2_3_4__2_3_5(
    tmp_path: Path, answer: str | FunctionError, text: str, message: str
) -> None:
    frame = str(await answered(tmp_path, answer, text))
    assert frame.startswith(f'{{"message": "{message}", "connectionId":"{api.CONNECTION}", "')


async def test_why_a_result_is_malformed_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await answered(tmp_path, '{"statusCode": 200, "data": "x"}')
    assert caplog.messages == ["say -> f: the result is malformed: a proxy response has no 'data'"]


@pytest.mark.parametrize("has_frame", [True, False])
async def test_a_throttled_message_invokes_nothing__2_3_8(tmp_path: Path, has_frame: bool) -> None:
    assumed = Assumptions(throttled_frame=has_frame)
    parts = api.shared(Limits(requests_per_s=1, burst=1), assumed, Clock(lambda: 1))
    answers = api.Answers('{"body": "hi"}')
    integration = api.integration(answers, parts)
    messages = Messages(api.template(tmp_path, TWO_WAY), integration, parts)
    assert await messages.answer(api.peer(parts), SAY) == "hi"
    throttled = await messages.answer(api.peer(parts), SAY)
    assert len(answers.events) == 1
    if has_frame:
        assert json.loads(str(throttled))["message"] == "Too Many Requests"
    else:
        assert throttled is None


@pytest.mark.parametrize(("empty_body", "shown"), [("text", ""), ("absent", None)])
async def test_an_empty_message_is_shown_as_assumed__2_1_7(
    tmp_path: Path, empty_body: str, shown: str | None
) -> None:
    parts = api.shared(assumptions=Assumptions(empty_body=empty_body))  # type: ignore[arg-type]
    answers = api.Answers()
    template = api.template(tmp_path, "{websocket: $default}")
    await Messages(template, api.integration(answers, parts), parts).answer(api.peer(parts), "")
    assert answers.events[0].get("body") == shown
