"""Which API Gateway resources are the WebSocket API's, and which are left out or refused."""

import pytest

from local_server.template import FunctionName
from tests.local_server.template.service import PING, Service, resource

HARMLESS = "AWS::ApiGatewayV2::{} is left out: it has no effect here"


def test_a_route_of_the_resources_is_one_of_the_api(service: Service) -> None:
    assert list(service.load(PING).websocket_routes) == ["$connect", "order/take", "ask", "ping"]


@pytest.mark.parametrize("api", ["!Ref WebsocketsApi", "!Sub '${WebsocketsApi}'"])
def test_the_api_is_found_however_it_is_named(service: Service, api: str) -> None:
    assert "ping" in service.load(PING.replace("!Ref WebsocketsApi", api)).websocket_routes


@pytest.mark.parametrize("api", ["!Ref Another", "abc123", "!ImportValue x"])
def test_resources_of_another_api_are_left_out(service: Service, api: str) -> None:
    template = service.load(resource("R", "Route", "RouteKey: ping", api))
    assert "ping" not in template.websocket_routes
    assert template.warnings == (HARMLESS.format("Route"),)


@pytest.mark.parametrize("kind", ["Api", "DomainName", "VpcLink"])
def test_what_belongs_to_no_api_is_left_out(service: Service, kind: str) -> None:
    text = f"R: {{ Type: AWS::ApiGatewayV2::{kind}, Properties: {{ Name: x }} }}\n"
    assert service.load(text).warnings == (HARMLESS.format(kind),)


def test_a_deployment_is_left_out(service: Service) -> None:
    warnings = service.load(resource("D", "Deployment", "Description: x")).warnings
    assert warnings == (HARMLESS.format("Deployment"),)


@pytest.mark.parametrize("kind", ["Stage", "Authorizer", "ApiMapping"])
def test_the_http_apis_other_resources_are_left_out(service: Service, kind: str) -> None:
    template = service.load(resource("R", kind, "Name: x", "!Ref HttpApi"))
    assert template.warnings == (HARMLESS.format(kind),)


@pytest.mark.parametrize("kind", ["Route", "Integration"])
def test_routes_of_the_http_api_are_refused(service: Service, kind: str) -> None:
    refusal = service.refusal(resource("R", kind, "RouteKey: GET /x", "!Ref HttpApi"))
    assert refusal == (
        "serverless.yml:16: Resources.R.Type: "
        "routes of the HTTP API come from the functions' events"
    )


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("Authorizer", "say it in the function's event: `authorizer:`"),
        ("ApiGatewayManagedOverrides", "AWS::ApiGatewayV2::ApiGatewayManagedOverrides is not emul"),
    ],
)
def test_what_is_not_emulated_is_refused(service: Service, kind: str, reason: str) -> None:
    refusal = service.refusal(resource("R", kind, "Name: x"))
    assert refusal.startswith("serverless.yml:16: Resources.R.Type: ")
    assert reason in refusal


@pytest.mark.parametrize(
    "name",
    ["WebsocketsApi", "SconnectWebsocketsRoute", "orderSlashtakeWebsocketsRoute",
     "TakeDashorderWebsocketsIntegration"],
)  # fmt: skip
def test_overrides_of_what_the_framework_makes_are_refused(service: Service, name: str) -> None:
    refusal = service.refusal(resource(name, "Route", "RouteKey: x"))
    assert f"Resources.{name}.Type: overrides of what the framework generates" in refusal


def test_conditions_are_refused(service: Service) -> None:
    refusal = service.refusal(PING + "  Condition: IsProduction\n")
    assert "Resources.PingIntegration.Condition: conditions are not emulated" in refusal


def test_a_name_stands_once(service: Service) -> None:
    again = (
        "resources:\n  - Resources: { R: { Type: AWS::ApiGatewayV2::Api } }\n"
        "  - Resources: { R: { Type: AWS::ApiGatewayV2::Api } }\n"
    )
    refusal = service.refusal("", base=f"service: shop\n{again}")
    assert "Resources.R: a second resource of this name" in refusal


def test_an_intrinsic_that_cannot_be_resolved_is_refused(service: Service) -> None:
    refusal = service.refusal(PING.replace("!Ref PingIntegration", "!Ref Nobody"))
    assert refusal == (
        "serverless.yml:20: Resources.PingRoute.Properties.Target: "
        "Ref Nobody: local_server holds no such resource"
    )


def test_what_the_framework_makes_can_be_referred_to(service: Service) -> None:
    route = resource(
        "R", "Route",
        "RouteKey: x, Target: !Sub 'integrations/${TakeDashorderWebsocketsIntegration}'",
    )  # fmt: skip
    assert service.load(route).websocket_routes["x"].function == FunctionName("take-order")
