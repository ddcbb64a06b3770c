"""MOCK integrations: the gateway answers by templates of its own, and nobody is called."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from local_server.lenient import LenientError, read_json
from local_server.mapping_templates import MappingTemplate, Scope
from local_server.responses import Malformed, status
from local_server.selection import SelectionExpression

DEFAULT = "$default"
# The key that needs no expression: the one the console and the guide write first.
_UNASKED = "application/json"
# The status a MOCK without any template of its own decides on.
_ACCEPTED = '{"statusCode":200}'


class Passthrough(Enum):
    """What becomes of a message that no request template fits."""

    WHEN_NO_MATCH = "WHEN_NO_MATCH"
    WHEN_NO_TEMPLATES = "WHEN_NO_TEMPLATES"
    NEVER = "NEVER"


@dataclass(frozen=True)
class Templates:
    """Templates by key. Developer guide, websocket-api-data-transformations."""

    by_key: Mapping[str, MappingTemplate] = field(default_factory=dict)
    selection: SelectionExpression | None = None

    def chosen(self, body: str, variables: Mapping[str, str]) -> MappingTemplate | None:
        """Where the selected key has no template, $default's."""
        key = self.selection.evaluate(body, variables) if self.selection else _UNASKED
        return self.by_key.get(key) or self.by_key.get(DEFAULT)


@dataclass(frozen=True)
class MockResponse:
    """An integration response. Its key is a status, a `/pattern/` of one, or $default."""

    key: str
    templates: Templates = field(default_factory=Templates)

    def fits(self, status_code: int) -> bool:
        if len(self.key) > 1 and self.key.startswith("/") and self.key.endswith("/"):
            return re.fullmatch(self.key[1:-1], str(status_code)) is not None
        return self.key == str(status_code)


@dataclass(frozen=True)
class Mock:
    request: Templates = field(default_factory=Templates)
    responses: tuple[MockResponse, ...] = ()
    passthrough: Passthrough = Passthrough.WHEN_NO_MATCH


def mock_payload(mock: Mock, event: Mapping[str, Any], *, two_way: bool) -> str:
    """As a function would return it: the status, and the reply of a two-way route.

    `event` is what a function would have been given. Raises Malformed.
    """
    try:
        return json.dumps(_result(mock, _scope(event), two_way=two_way))
    except RecursionError as error:
        raise Malformed("nested beyond reason") from error


def _result(mock: Mock, message: Scope, *, two_way: bool) -> dict[str, Any]:
    integration = _integration_body(mock, message)
    status_code = _status_code(integration)
    # The route response of $connect is never a message (developer guide,
    # apigateway-websocket-api-route-response).
    if not two_way or message.context.get("eventType") in ("CONNECT", "DISCONNECT"):
        return {"statusCode": status_code}
    body = _reply(mock, status_code, message, integration)
    return {"statusCode": status_code, "body": body}


def _scope(event: Mapping[str, Any]) -> Scope:
    return Scope(event.get("body", ""), event["requestContext"], event.get("stageVariables", {}))


def _integration_body(mock: Mock, message: Scope) -> str:
    if template := mock.request.chosen(message.body, {}):
        return template.render(message)
    if not mock.request.by_key:
        return _ACCEPTED
    if mock.passthrough is not Passthrough.WHEN_NO_MATCH:
        raise Malformed("no request template fits")
    return message.body


def _status_code(integration: str) -> int:
    """A number, not its text (aws/aws-cdk#5997); its name may stand without quotes."""
    try:
        document = read_json(integration)
    except LenientError as error:
        raise Malformed("a MOCK without JSON") from error
    value = document.get("statusCode") if isinstance(document, dict) else None
    if not isinstance(value, int):
        raise Malformed("a MOCK without a statusCode")
    return status(value)


def _reply(mock: Mock, status_code: int, message: Scope, integration: str) -> str:
    response = _response(mock, status_code)
    variables = {"integration.response.statuscode": str(status_code)}
    template = response.templates.chosen(message.body, variables)
    if template is None:
        return integration
    return template.render(Scope(integration, message.context, message.stage_variables))


def _response(mock: Mock, status_code: int) -> MockResponse:
    for response in mock.responses:
        if response.fits(status_code):
            return response
    for response in mock.responses:
        if response.key == DEFAULT:
            return response
    raise Malformed(f"no integration response for the status {status_code}")
