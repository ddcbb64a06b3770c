"""Integrations declared as resources."""

import pytest

from local_server.mock import Mock, Passthrough
from local_server.template import FunctionName
from tests.local_server.template.service import PING, Service, resource

ROUTE = PING.partition("PingIntegration:\n")[0]
URI = (
    "arn:${AWS::Partition}:apigateway:${AWS::Region}:"
    "lambda:path/2015-03-31/functions/%s/invocations"
)


def integration(properties: str) -> str:
    return ROUTE + resource("PingIntegration", "Integration", properties)


def mock(service: Service, resources: str) -> Mock:
    found = service.load(resources).websocket_routes["ping"].integration
    assert isinstance(found, Mock)
    return found


# A function


@pytest.mark.parametrize(
    ("arn", "function"),
    [
        ("${TakeDashorderLambdaFunction.Arn}", "take-order"),
        ("${OtherUnderscoreoneLambdaFunction.Arn}", "other_one"),
        ("arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:${OtherUnderscoreoneLambdaFunction}",
         "other_one"),
        ("arn:aws:lambda:eu-west-3:000000000000:function:shop-dev-other_one", "other_one"),
    ],
)  # fmt: skip
def test_a_proxy_integration_leads_to_a_function(service: Service, arn: str, function: str) -> None:
    uri = f"IntegrationType: AWS_PROXY, IntegrationMethod: POST, IntegrationUri: !Sub '{URI % arn}'"
    route = service.load(integration(uri)).websocket_routes["ping"]
    assert route.function == FunctionName(function)


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("!GetAtt OtherUnderscoreoneLambdaFunction.Arn", "/invocations is expected"),
        ("https://example.com", "/invocations is expected"),
        (f"!Sub '{URI % 'arn:aws:lambda:eu-west-3:000000000000:function:nobody'}'", "no function"),
    ],
)
def test_a_function_of_somebody_elses_is_refused(service: Service, uri: str, reason: str) -> None:
    refusal = service.refusal(integration(f"IntegrationType: AWS_PROXY, IntegrationUri: {uri}"))
    assert "Resources.PingIntegration.Properties.IntegrationUri: " in refusal
    assert reason in refusal


def test_a_response_of_a_proxy_integration_does_nothing(service: Service) -> None:
    arn = URI % "${OtherUnderscoreoneLambdaFunction.Arn}"
    response = resource(
        "R", "IntegrationResponse",
        "IntegrationId: !Ref PingIntegration, IntegrationResponseKey: /200/",
    )  # fmt: skip
    text = integration(f"IntegrationType: AWS_PROXY, IntegrationUri: !Sub '{arn}'")
    assert service.load(text + response).websocket_routes["ping"].function == "other_one"


@pytest.mark.parametrize(("milliseconds", "seconds"), [(50, 0.05), (29_000, 29)])
def test_a_timeout_is_the_routes__1_4_8(
    service: Service, milliseconds: int, seconds: float
) -> None:
    text = integration(f"IntegrationType: MOCK, TimeoutInMillis: {milliseconds}")
    assert service.load(text).websocket_routes["ping"].timeout_s == seconds


@pytest.mark.parametrize("milliseconds", [49, 29_001])
def test_a_timeout_out_of_bounds_is_refused__1_4_8(service: Service, milliseconds: int) -> None:
    refusal = service.refusal(
        integration(f"IntegrationType: MOCK, TimeoutInMillis: {milliseconds}")
    )
    assert "TimeoutInMillis: AWS takes 50 to 29000" in refusal


@pytest.mark.parametrize("kind", ["HTTP", "HTTP_PROXY", "AWS"])
def test_an_integration_elsewhere_is_refused__1_2_12(service: Service, kind: str) -> None:
    assert service.refusal(integration(f"IntegrationType: {kind}")).endswith(
        f"IntegrationType: {kind} is not emulated (only AWS_PROXY, MOCK)"
    )


@pytest.mark.parametrize(
    ("properties", "key", "reason"),
    [
        ("IntegrationType: MOCK, ConnectionType: VPC_LINK", "ConnectionType", "only INTERNET"),
        ("IntegrationType: MOCK, PayloadFormatVersion: '2.0'", "PayloadFormatVersion", "only 1.0"),
        ("IntegrationType: MOCK, ContentHandlingStrategy: CONVERT_TO_BINARY",
         "ContentHandlingStrategy", "only CONVERT_TO_TEXT"),
        ("IntegrationType: MOCK, RequestParameters: {}", "RequestParameters", "does not emulate"),
        ("IntegrationType: MOCK, IntegrationUri: https://x", "IntegrationUri", "calls nobody"),
        ("IntegrationType: MOCK, PassthroughBehavior: SOMETIMES", "PassthroughBehavior", "NEVER"),
        ("IntegrationType: MOCK, TemplateSelectionExpression: $context.x",
         "TemplateSelectionExpression", "not known of a message"),
        ("IntegrationType: AWS_PROXY, RequestTemplates: {}", "RequestTemplates", "not emulate"),
    ],
)  # fmt: skip
def test_what_an_integration_cannot_be_is_refused(
    service: Service, properties: str, key: str, reason: str
) -> None:
    refusal = service.refusal(integration(properties))
    assert f"Resources.PingIntegration.Properties.{key}: " in refusal
    assert reason in refusal


# A MOCK


def test_a_mock_has_templates_and_responses(service: Service) -> None:
    response = resource(
        "Pong", "IntegrationResponse",
        "IntegrationId: !Ref PingIntegration, IntegrationResponseKey: 200,"
        " TemplateSelectionExpression: '${integration.response.statuscode}',"
        " ResponseTemplates: { '200': pong }",
    )  # fmt: skip
    found = mock(
        service,
        integration(
            "IntegrationType: MOCK, IntegrationUri: '', ConnectionType: INTERNET,"
            " PassthroughBehavior: NEVER, RequestTemplates: { 200: '{statusCode: 200}' },"
            " TemplateSelectionExpression: '200'"
        )
        + response,
    )
    assert (list(found.request.by_key), found.passthrough) == (["200"], Passthrough.NEVER)
    assert [(one.key, list(one.templates.by_key)) for one in found.responses] == [("200", ["200"])]


def test_a_template_that_is_not_emulated_is_refused_with_its_line(service: Service) -> None:
    text = ROUTE + (
        "PingIntegration:\n  Type: AWS::ApiGatewayV2::Integration\n  Properties:\n"
        "    ApiId: !Ref WebsocketsApi\n    IntegrationType: MOCK\n    RequestTemplates:\n"
        "      $default: |\n        {\n        #set($status = 200)\n        }\n"
    )
    assert service.refusal(text) == (
        "serverless.yml:27: Resources.PingIntegration.Properties.RequestTemplates.$default: "
        "line 2 of the template: #set is not emulated"
    )


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ("IntegrationId: abc, IntegrationResponseKey: 200", "no integration abc"),
        ("IntegrationId: !Ref PingIntegration, IntegrationResponseKey: ok", "a status, a /pat"),
        ("IntegrationId: !Ref PingIntegration", "a status, a /pattern/"),
        ("IntegrationId: !Ref PingIntegration, IntegrationResponseKey: /(/", "no pattern"),
        ("IntegrationId: !Ref PingIntegration, IntegrationResponseKey: 200, ResponseParameters: {}",
         "does not emulate"),
        ("IntegrationId: !Ref PingIntegration, IntegrationResponseKey: 200,"
         " ResponseTemplates: {200: $x}", "$x is not emulated"),
    ],
)  # fmt: skip
def test_what_a_response_cannot_be_is_refused(
    service: Service, properties: str, reason: str
) -> None:
    assert reason in service.refusal(PING + resource("R", "IntegrationResponse", properties))


def test_an_integration_has_one_response_for_a_status(service: Service) -> None:
    properties = "IntegrationId: !Ref PingIntegration, IntegrationResponseKey: 200"
    responses = [resource(name, "IntegrationResponse", properties) for name in ("A", "B")]
    assert "B.Properties.IntegrationResponseKey: a second response" in service.refusal(
        PING + "".join(responses)
    )
