"""A small service whose API Gateway resources the tests write."""

from pathlib import Path
from textwrap import indent

import pytest

from local_server.errors import TemplateError
from local_server.template import Template, load_template

BASE = """\
service: shop
provider:
  name: aws
functions:
  take-order:
    handler: a.handler
    events:
      - websocket: $connect
      - websocket: order/take
      - websocket: { route: ask, routeResponseSelectionExpression: $default }
  other_one:
    handler: a.handler
resources:
  Resources:
"""
PING = """\
PingRoute:
  Type: AWS::ApiGatewayV2::Route
  Properties:
    ApiId: !Ref WebsocketsApi
    RouteKey: ping
    Target: !Join [/, [integrations, !Ref PingIntegration]]
PingIntegration:
  Type: AWS::ApiGatewayV2::Integration
  Properties:
    ApiId: !Ref WebsocketsApi
    IntegrationType: MOCK
"""


class Service:
    def __init__(self, directory: Path) -> None:
        self.file = directory / "serverless.yml"

    def load(self, resources: str, *, base: str = BASE) -> Template:
        self.file.write_text(base + indent(resources, "    "))
        return load_template(self.file, stage="dev", region="eu-west-3")

    def refusal(self, resources: str, *, base: str = BASE) -> str:
        with pytest.raises(TemplateError) as refusal:
            self.load(resources, base=base)
        return str(refusal.value)


def resource(name: str, kind: str, properties: str, api: str = "!Ref WebsocketsApi") -> str:
    """One resource whose properties are a flow mapping's inside."""
    return (
        f"{name}:\n  Type: AWS::ApiGatewayV2::{kind}\n"
        f"  Properties: {{ ApiId: {api}, {properties} }}\n"
    )
