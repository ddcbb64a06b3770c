"""Integrations declared as resources: a MOCK with its responses, or a function of ours."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from local_server.mapping_templates import BadTemplate, MappingTemplate, parse_template
from local_server.mock import DEFAULT, Mock, MockResponse, Passthrough, Templates
from local_server.selection import BadExpression, SelectionExpression, parse_expression
from local_server.template.fields import Fields
from local_server.template.lambdas import Lambdas
from local_server.template.model import FunctionName, LogicalId
from local_server.template.numbers import whole_number

# Developer guide, apigateway-websocket-api-integration-requests.
_TIMEOUT_MS = (50, 29_000)
_URI = re.compile(
    r"arn:aws:apigateway:[\w-]+:lambda:path/2015-03-31/functions/(?P<arn>[^/]+)/invocations"
)
# They describe or permit, or are of the one kind there is.
_HARMLESS = ("ApiId", "CredentialsArn", "Description", "IntegrationMethod")
_READ = ("ConnectionType", "ContentHandlingStrategy", "IntegrationType", "PayloadFormatVersion",
         "TimeoutInMillis")  # fmt: skip
_OF_PROXY = ("IntegrationUri", "PassthroughBehavior")
_OF_MOCK = ("IntegrationUri", "PassthroughBehavior", "RequestTemplates",
            "TemplateSelectionExpression")  # fmt: skip
_OF_RESPONSE = ("ApiId", "ContentHandlingStrategy", "IntegrationId", "IntegrationResponseKey",
                "ResponseTemplates", "TemplateSelectionExpression")  # fmt: skip


@dataclass(frozen=True)
class Target:
    """What a route leads to."""

    integration: FunctionName | Mock
    timeout_s: float | None = None


def read_integrations(
    resources: Mapping[str, Mapping[LogicalId, Fields]],
    lambdas: Lambdas,
    of_framework: Mapping[LogicalId, FunctionName],
) -> dict[str, Target]:
    """By id, those of the framework's too. Raises TemplateError."""
    targets = {str(name): Target(function) for name, function in of_framework.items()}
    declared = resources.get("Integration", {})
    responses = _responses(resources.get("IntegrationResponse", {}), {*targets, *declared})
    for name, fields in declared.items():
        targets[name] = _target(fields, lambdas, tuple(responses.get(name, ())))
    return targets


def _target(fields: Fields, lambdas: Lambdas, responses: tuple[MockResponse, ...]) -> Target:
    kind = fields.text("IntegrationType")
    if kind not in ("MOCK", "AWS_PROXY"):
        fields.refuse("IntegrationType", f"{kind} is not emulated (only AWS_PROXY, MOCK)")
    fields.only((*_HARMLESS, *_READ, *(_OF_MOCK if kind == "MOCK" else _OF_PROXY)))
    _check(fields)
    timeout_s = _timeout(fields)
    if kind == "MOCK":
        return Target(_mock(fields, responses), timeout_s)
    # A proxy integration has no integration response: one that is declared does nothing
    # (developer guide, apigateway-websocket-api-integration-responses).
    return Target(_function(fields, lambdas), timeout_s)


def _check(fields: Fields) -> None:
    if fields.text("ConnectionType", "INTERNET") != "INTERNET":
        fields.refuse("ConnectionType", "only INTERNET is emulated")
    if str(fields.raw("PayloadFormatVersion", "1.0")) != "1.0":
        fields.refuse("PayloadFormatVersion", "WebSocket APIs know only 1.0")
    _check_content_handling(fields)


def _check_content_handling(fields: Fields) -> None:
    # Every frame that gets as far as an integration is text already.
    if fields.text("ContentHandlingStrategy", "CONVERT_TO_TEXT") != "CONVERT_TO_TEXT":
        fields.refuse("ContentHandlingStrategy", "only CONVERT_TO_TEXT is emulated")


def _timeout(fields: Fields) -> float | None:
    if "TimeoutInMillis" not in fields:
        return None
    return whole_number(fields, "TimeoutInMillis", 0, *_TIMEOUT_MS) / 1000


def _function(fields: Fields, lambdas: Lambdas) -> FunctionName:
    match = _URI.fullmatch(fields.text("IntegrationUri"))
    if match is None:
        shape = "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations"
        fields.refuse("IntegrationUri", f"{shape} is expected")
    return lambdas.at(match["arn"], fields.place("IntegrationUri"))


# MOCK


def _mock(fields: Fields, responses: tuple[MockResponse, ...]) -> Mock:
    if fields.raw("IntegrationUri"):
        fields.refuse("IntegrationUri", "a MOCK calls nobody")
    behaviour = fields.text("PassthroughBehavior", Passthrough.WHEN_NO_MATCH.value)
    if behaviour not in Passthrough.__members__:
        fields.refuse("PassthroughBehavior", f"{', '.join(Passthrough.__members__)} are known")
    return Mock(_templates(fields, "RequestTemplates"), responses, Passthrough(behaviour))


def _responses(
    resources: Mapping[LogicalId, Fields], integrations: set[str]
) -> dict[str, list[MockResponse]]:
    by_integration: dict[str, list[MockResponse]] = {}
    for fields in resources.values():
        fields.only(_OF_RESPONSE)
        _check_content_handling(fields)
        integration = fields.text("IntegrationId")
        if integration not in integrations:
            fields.refuse("IntegrationId", f"no integration {integration} of the WebSocket API")
        responses = by_integration.setdefault(integration, [])
        response = MockResponse(_key(fields), _templates(fields, "ResponseTemplates"))
        if any(response.key == other.key for other in responses):
            fields.refuse("IntegrationResponseKey", f"a second response for {response.key}")
        responses.append(response)
    return by_integration


def _key(fields: Fields) -> str:
    key = str(fields.raw("IntegrationResponseKey", ""))
    if key != DEFAULT and not re.fullmatch(r"\d{3}|/.+/", key):
        fields.refuse("IntegrationResponseKey", "a status, a /pattern/ or $default is expected")
    try:
        re.compile(key.strip("/") if key != DEFAULT else "")
    except re.error as error:
        fields.refuse("IntegrationResponseKey", f"{key} is no pattern: {error}")
    return key


def _templates(fields: Fields, key: str) -> Templates:
    templates = fields.block(key)
    by_key = {name: _template(templates, name) for name in templates.keys()}  # noqa: SIM118
    return Templates(by_key, _selection(fields, of_response=key == "ResponseTemplates"))


def _template(templates: Fields, key: str) -> MappingTemplate:
    try:
        return parse_template(templates.text(key, ""))
    except BadTemplate as error:
        templates.refuse(key, str(error))


def _selection(fields: Fields, *, of_response: bool) -> SelectionExpression | None:
    if "TemplateSelectionExpression" not in fields:
        return None
    try:
        text = fields.text("TemplateSelectionExpression")
        return parse_expression(text, of_response=of_response)
    except BadExpression as error:
        fields.refuse("TemplateSelectionExpression", str(error))
