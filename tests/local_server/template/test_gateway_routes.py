"""Routes declared as resources, their responses and models."""

import pytest

from local_server.mock import Mock
from tests.local_server.template.service import BASE, PING, Service, resource

TWO_WAY = PING.replace(
    "RouteKey: ping", "RouteKey: ping\n    RouteResponseSelectionExpression: $default"
)
RESPONSE = resource(
    "PingResponse", "RouteResponse", "RouteId: !Ref PingRoute, RouteResponseKey: $default"
)
MODEL = resource(
    "BidModel",
    "Model",
    "Name: Bid, ContentType: application/json, Schema: {type: object, required: [amount]}",
)

TARGET = "!Join [/, [integrations, !Ref PingIntegration]]"


def route(properties: str) -> str:
    return PING.replace("RouteKey: ping", f"RouteKey: ping\n    {properties}")


def test_a_route_leads_to_its_integration(service: Service) -> None:
    ping = service.load(PING).websocket_routes["ping"]
    assert (ping.integration, ping.two_way, ping.timeout_s) == (Mock(), False, None)


def test_a_mock_has_no_function(service: Service) -> None:
    with pytest.raises(TypeError, match="ping is answered by a MOCK"):
        _ = service.load(PING).websocket_routes["ping"].function


@pytest.mark.parametrize(
    ("resources", "two_way"),
    [(PING, False), (TWO_WAY, False), (PING + RESPONSE, False), (TWO_WAY + RESPONSE, True)],
    ids=["neither", "expression", "response", "both"],
)
def test_two_way_takes_an_expression_and_a_response__2_4_2(
    service: Service, resources: str, two_way: bool
) -> None:
    assert service.load(resources).websocket_routes["ping"].two_way is two_way


def test_a_response_may_be_of_a_route_of_the_frameworks(service: Service) -> None:
    response = resource(
        "R", "RouteResponse", "RouteId: !Ref askWebsocketsRoute, RouteResponseKey: $default"
    )
    assert service.load(response).websocket_routes["ask"].two_way


@pytest.mark.parametrize("key", ["ask", "$connect", "order/take"])
def test_a_route_stands_once(service: Service, key: str) -> None:
    refusal = service.refusal(PING.replace("RouteKey: ping", f"RouteKey: {key}"))
    assert (
        refusal
        == f"serverless.yml:19: Resources.PingRoute.Properties.RouteKey: a second route {key}"
    )


def test_two_resources_are_not_one_route(service: Service) -> None:
    again = resource(
        "Again", "Route", "RouteKey: ping, Target: !Sub 'integrations/${PingIntegration}'"
    )
    assert "Resources.Again.Properties.RouteKey: a second route ping" in service.refusal(
        PING + again
    )


@pytest.mark.parametrize(
    ("properties", "key", "reason"),
    [
        ("AuthorizationType: AWS_IAM", "AuthorizationType", "authorizes $connect alone"),
        ("AuthorizationType: CUSTOM", "AuthorizationType", "`authorizer:`"),
        ("AuthorizerId: x", "AuthorizerId", "`authorizer:`"),
        ("AuthorizationScopes: [x]", "AuthorizationScopes", "no JWT"),
        ("ApiKeyRequired: true", "ApiKeyRequired", "authorizes $connect alone"),
        ("RequestParameters: {}", "RequestParameters", "does not emulate"),
        ("RouteResponseSelectionExpression: x", "RouteResponseSelectionExpression", "only $def"),
        ("ModelSelectionExpression: $context.x", "ModelSelectionExpression", "not known of a mess"),
        ("ModelSelectionExpression: x\n    RequestModels: {x: Nobody}", "RequestModels.x",
         "no model Nobody"),
    ],
)  # fmt: skip
def test_what_a_route_cannot_be_is_refused(
    service: Service, properties: str, key: str, reason: str
) -> None:
    refusal = service.refusal(route(properties))
    assert f"Resources.PingRoute.Properties.{key}: " in refusal
    assert reason in refusal


@pytest.mark.parametrize(
    "properties", ["AuthorizationType: NONE", "ApiKeyRequired: false", "OperationName: Ping"]
)
def test_what_changes_nothing_is_read(service: Service, properties: str) -> None:
    assert "ping" in service.load(route(properties)).websocket_routes


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("RouteKey: ping", "RouteKey: $ping", "begin with a $"),
        ("RouteKey: ping", "OperationName: x", "RouteKey is missing"),
        (TARGET, "!Ref PingIntegration", "`integrations/`"),
        (TARGET, "integrations/abc", "`integrations/`"),
        ("Target", "OperationName", "Target is missing"),
    ],
)  # fmt: skip
def test_a_route_without_key_or_target_is_refused(
    service: Service, old: str, new: str, reason: str
) -> None:
    assert reason in service.refusal(PING.replace(old, new))


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ("RouteId: !Ref PingRoute, RouteResponseKey: other", "only $default"),
        ("RouteId: abc, RouteResponseKey: $default", "no route abc of the WebSocket API"),
        ("RouteId: !Ref PingRoute, RouteResponseKey: $default, ResponseModels: {}", "not emulate"),
    ],
)
def test_a_response_is_the_default_of_a_route(
    service: Service, properties: str, reason: str
) -> None:
    assert reason in service.refusal(PING + resource("R", "RouteResponse", properties))


# Models


@pytest.mark.parametrize("model", ["Bid", "!Ref BidModel"])
def test_a_model_is_found_by_its_name__2_3_7(service: Service, model: str) -> None:
    chosen = f"ModelSelectionExpression: x\n    RequestModels: {{ x: {model} }}"
    models = service.load(route(chosen) + MODEL).websocket_routes["ping"].models
    assert models is not None
    assert models.accept('{"amount": 1}')
    assert not models.accept("{}")


def test_without_an_expression_nothing_is_validated(service: Service) -> None:
    template = service.load(route("RequestModels: { $default: Bid }") + MODEL)
    assert template.websocket_routes["ping"].models is None


@pytest.mark.parametrize("key", ["$disconnect"])
def test_a_model_is_for_messages_alone(service: Service, key: str) -> None:
    text = route("ModelSelectionExpression: x").replace("RouteKey: ping", f"RouteKey: {key}")
    assert f"{key} has no body" in service.refusal(text)


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ("Name: M, Schema: {type: nothing}", "Schema: no JSON schema of draft 4"),
        ("Name: M", "Schema: no JSON schema of draft 4"),
        ("Name: M, ContentType: text/xml, Schema: {}", "only application/json"),
        ("Schema: {}", "Name is missing"),
    ],
)
def test_a_model_is_a_schema_with_a_name(service: Service, properties: str, reason: str) -> None:
    assert reason in service.refusal(resource("M", "Model", properties))


# The expression


@pytest.mark.parametrize(
    "expression", ["$request.header.x", "$context.stage", "'${request.body.x'"]
)
def test_an_expression_that_cannot_be_evaluated_is_refused__2_1_1(
    service: Service, expression: str
) -> None:
    selection = f"  websocketsApiRouteSelectionExpression: {expression}\n"
    base = BASE.replace("  name: aws\n", f"  name: aws\n{selection}")
    refusal = service.refusal(PING, base=base)
    assert refusal.startswith("serverless.yml:4: provider.websocketsApiRouteSelectionExpression: ")
