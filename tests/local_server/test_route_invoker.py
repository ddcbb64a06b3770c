"""What stands behind a route: a function, told whose call it is, or a MOCK."""

import asyncio
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from local_server.clock import Clock
from local_server.errors import FunctionError, FunctionRaised
from local_server.faults import Call
from local_server.integration import Integration, IntegrationTimeout
from local_server.route_invoker import RouteInvoker
from local_server.shared import Shared
from local_server.tasks import Tasks
from local_server.template import FunctionName, WebsocketRoute, load_template

ROUTE = WebsocketRoute("say", FunctionName("f"))
EVENT = {"requestContext": {"connectionId": "c"}, "body": "secret words"}
PING = """\
service: s
provider: {name: aws}
resources:
  Resources:
    Ping:
      Type: AWS::ApiGatewayV2::Route
      Properties:
        ApiId: !Ref WebsocketsApi
        RouteKey: ping
        RouteResponseSelectionExpression: $default
        Target: !Sub integrations/${Pong}
    PingResponse:
      Type: AWS::ApiGatewayV2::RouteResponse
      Properties: { ApiId: !Ref WebsocketsApi, RouteId: !Ref Ping, RouteResponseKey: $default }
    Pong:
      Type: AWS::ApiGatewayV2::Integration
      Properties:
        ApiId: !Ref WebsocketsApi
        IntegrationType: MOCK
        RequestTemplates: { "200": '{"statusCode": 200}' }
        TemplateSelectionExpression: "200"
    Answer:
      Type: AWS::ApiGatewayV2::IntegrationResponse
      Properties:
        ApiId: !Ref WebsocketsApi
        IntegrationId: !Ref Pong
        IntegrationResponseKey: $default
        TemplateSelectionExpression: "200"
        ResponseTemplates: { "200": '{"type": "pong"}' }
"""


class Invoker:
    def __init__(self, error: FunctionError | None = None, *, hangs: bool = False) -> None:
        self.calls: list[tuple[str, Any, Call | None]] = []
        self._error = error
        self._hangs = hangs

    async def invoke(self, name: FunctionName, event: Any, call: Call | None = None) -> str:
        self.calls.append((name, event, call))
        if self._hangs:
            await asyncio.Event().wait()
        if self._error is not None:
            raise self._error
        return '{"statusCode": 200}'


def routes(invoker: Invoker, timeout_s: float = 5) -> RouteInvoker:
    return RouteInvoker(Integration(invoker, Shared(Clock(), os.urandom, Tasks()), timeout_s))


async def test_a_function_is_invoked_and_faults_know_whose_call_it_is() -> None:
    invoker = Invoker()
    assert await routes(invoker).invoke(ROUTE, EVENT) == '{"statusCode": 200}'
    assert invoker.calls == [("f", EVENT, Call("c", "say", "f"))]


async def test_a_mock_invokes_nothing(tmp_path: Path) -> None:
    (tmp_path / "serverless.yml").write_text(PING)
    route = load_template(tmp_path / "serverless.yml").websocket_routes["ping"]
    invoker = Invoker()
    assert "pong" in await routes(invoker).invoke(route, EVENT)
    assert invoker.calls == []


@pytest.mark.parametrize(
    ("invoker", "timeout_s", "error", "word"),
    [
        (Invoker(), 5, None, "done"),
        (Invoker(FunctionRaised("KeyError", "secret words")), 5, FunctionError, "failed"),
        (Invoker(hangs=True), 0.001, IntegrationTimeout, "timed out"),
    ],
)
async def test_one_line_says_what_became_of_it_and_nothing_of_its_content(
    caplog: pytest.LogCaptureFixture,
    invoker: Invoker,
    timeout_s: float,
    error: type[Exception] | None,
    word: str,
) -> None:
    with caplog.at_level(logging.INFO, "local_server.websocket"):
        try:
            await routes(invoker, timeout_s).invoke(ROUTE, EVENT)
            raised = None
        except (FunctionError, IntegrationTimeout) as failure:
            raised = failure
    assert (raised is None) if error is None else isinstance(raised, error)
    (record,) = caplog.records
    assert record.getMessage().startswith(f"say -> f {word} in ")
    assert "secret" not in record.getMessage()
