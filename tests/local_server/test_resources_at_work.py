"""An API of resources alone, without one function, through real sockets."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from local_server.testing import emulator

TEMPLATE = """\
service: mute
provider: { name: aws }
resources:
  Resources:
    Connect:
      Type: AWS::ApiGatewayV2::Route
      Properties:
        { ApiId: !Ref WebsocketsApi, RouteKey: $connect, Target: !Sub "integrations/${Deciding}" }
    Disconnect:
      Type: AWS::ApiGatewayV2::Route
      Properties:
        { ApiId: !Ref WebsocketsApi, RouteKey: $disconnect, Target: !Sub "integrations/${Broken}" }
    Ping:
      Type: AWS::ApiGatewayV2::Route
      Properties:
        ApiId: !Ref WebsocketsApi
        RouteKey: ping
        RouteResponseSelectionExpression: $default
        Target: !Sub integrations/${Accepting}
    PingResponse:
      Type: AWS::ApiGatewayV2::RouteResponse
      Properties: { ApiId: !Ref WebsocketsApi, RouteId: !Ref Ping, RouteResponseKey: $default }
    Hush:
      Type: AWS::ApiGatewayV2::Route
      Properties:
        ApiId: !Ref WebsocketsApi
        RouteKey: hush
        RouteResponseSelectionExpression: $default
        Target: !Sub integrations/${Accepting}
    Fail:
      Type: AWS::ApiGatewayV2::Route
      Properties:
        { ApiId: !Ref WebsocketsApi, RouteKey: fail, Target: !Sub "integrations/${Broken}" }
    Deciding:
      Type: AWS::ApiGatewayV2::Integration
      Properties:
        ApiId: !Ref WebsocketsApi
        IntegrationType: MOCK
        RequestTemplates: { application/json: '{"statusCode": STATUS}' }
    Accepting:
      Type: AWS::ApiGatewayV2::Integration
      Properties: { ApiId: !Ref WebsocketsApi, IntegrationType: MOCK }
    Pong:
      Type: AWS::ApiGatewayV2::IntegrationResponse
      Properties:
        ApiId: !Ref WebsocketsApi
        IntegrationId: !Ref Accepting
        IntegrationResponseKey: $default
        ResponseTemplates: { $default: "pong on $context.stage" }
    Broken:
      Type: AWS::ApiGatewayV2::Integration
      Properties:
        ApiId: !Ref WebsocketsApi
        IntegrationType: MOCK
        RequestTemplates: { $default: "no status" }
"""


def written(directory: Path, status: str) -> Path:
    file = directory / "serverless.yml"
    file.write_text(TEMPLATE.replace("STATUS", status))
    return file


@pytest.fixture
async def socket(tmp_path: Path) -> AsyncIterator[ClientConnection]:
    async with (
        emulator(written(tmp_path, "204")) as running,
        connect(running.websocket_url) as connection,
    ):
        yield connection


async def test_without_a_function_the_gateway_answers_by_itself__2_1_5__2_4_2(
    socket: ClientConnection,
) -> None:
    # Of the two that could be answered only one has a route response.
    for action in ("hush", "ping"):
        await socket.send(json.dumps({"action": action}))
    assert await socket.recv() == "pong on local"
    await socket.send('{"action": "fail"}')
    assert json.loads(await socket.recv())["message"] == "Internal server error"
    await socket.send('{"action": "nothing"}')
    assert json.loads(await socket.recv())["message"] == "Forbidden"


@pytest.mark.parametrize(("status", "seen"), [("403", 403), ('"none"', 502)])
async def test_a_mock_on_connect_refuses_with_its_status__1_2_4(
    tmp_path: Path, status: str, seen: int
) -> None:
    async with emulator(written(tmp_path, status)) as running:
        with pytest.raises(InvalidStatus) as refusal:
            await connect(running.websocket_url)
    assert refusal.value.response.status_code == seen
