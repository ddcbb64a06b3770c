"""The stage of the WebSocket API, and the domains it is mapped to."""

import pytest

from local_server.errors import TemplateError
from local_server.template import ApiMapping, LogicalId, Names, StageThrottle, WebsocketStage
from local_server.template.stages import with_variables
from tests.local_server.template.service import BASE, Service, resource

NAMES = Names("eu-west-3", "shop-dev", {LogicalId("Bids"): "shop-dev-bids"}, {})


def stage(properties: str, name: str = "WebsocketsDeploymentStage") -> str:
    return resource(name, "Stage", properties)


def test_without_a_stage_nothing_is_set(service: Service) -> None:
    assert service.load("Nothing: { Type: AWS::Logs::LogGroup }\n").websocket_stage == (
        WebsocketStage()
    )


def test_variables_are_resolved_once_tables_have_names(service: Service) -> None:
    template = service.load(stage("StageVariables: { table: !Ref Bids, mode: a-b }"))
    resolved = with_variables(template, NAMES)
    assert resolved.websocket_stage.variables == {"table": "shop-dev-bids", "mode": "a-b"}


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ("a: !Ref Nobody", "Ref Nobody"),
        ("a-b: c", "a stage variable's name"),
        ("a: two words", "a stage variable is of"),
        ("a: 1", "text is expected"),
    ],
)
def test_variables_have_names_and_values_of_some_letters(
    service: Service, variables: str, reason: str
) -> None:
    template = service.load(stage(f"StageVariables: {{ {variables} }}"))
    with pytest.raises(TemplateError) as refusal:
        with_variables(template, NAMES)
    assert str(refusal.value).startswith("serverless.yml:17: StageVariables.a")
    assert reason in str(refusal.value)


def test_a_throttle_is_for_all_routes_or_for_one__1_3_11(service: Service) -> None:
    text = stage(
        "DefaultRouteSettings: { ThrottlingRateLimit: 0.5, ThrottlingBurstLimit: 2,"
        " LoggingLevel: INFO },"
        " RouteSettings: { ask: { ThrottlingRateLimit: 3 }, $connect: { LoggingLevel: INFO } }"
    )
    found = service.load(text).websocket_stage
    assert found.throttle == StageThrottle(0.5, 2)
    assert found.route_throttles == {"ask": StageThrottle(3, 5000)}


def test_an_extension_sets_the_frameworks_own_stage(service: Service) -> None:
    extension = (
        "  extensions:\n    WebsocketsDeploymentStage:\n      Properties:\n"
        "        StageVariables: { mode: fast }\n"
    )
    template = service.load("", base=BASE.replace("  Resources:\n", extension))
    assert with_variables(template, NAMES).websocket_stage.variables == {"mode": "fast"}


def test_other_extensions_are_refused(service: Service) -> None:
    extension = "  extensions:\n    WebsocketsApi: { Properties: { Name: x } }\n"
    refusal = service.refusal("", base=BASE.replace("  Resources:\n", extension))
    assert "extensions.WebsocketsApi: overrides of what the framework generates" in refusal


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (stage("StageName: prod"), "StageName: one stage is emulated, and it is dev"),
        (stage("Colour: red"), "Colour: local_server does not emulate this"),
        (stage("DefaultRouteSettings: { Colour: red }"), "Colour: local_server does not"),
        (stage("DefaultRouteSettings: { ThrottlingRateLimit: -1 }"), "no less than 0"),
        (stage("RouteSettings: { ask: { ThrottlingBurstLimit: 0.5 } }"), "AWS takes 0 to"),
        (stage("AutoDeploy: true") + stage("StageName: dev", "Another"), "a second stage dev"),
    ],
)
def test_one_stage_is_emulated(service: Service, text: str, reason: str) -> None:
    assert reason in service.refusal(text)


def test_what_only_the_cloud_knows_does_no_harm(service: Service) -> None:
    text = stage("StageName: dev, AccessLogSettings: { DestinationArn: !GetAtt Nobody.Arn }")
    assert service.load(text).websocket_stage == WebsocketStage()


# Mappings


@pytest.mark.parametrize(
    ("properties", "mapping"),
    [
        ("DomainName: ws.example.com, Stage: dev, ApiMappingKey: live",
         ApiMapping("live", "ws.example.com")),
        ("DomainName: ws.example.com, Stage: !Ref WebsocketsDeploymentStage",
         ApiMapping("", "ws.example.com")),
        ("DomainName: !Ref Domain, Stage: dev, ApiMappingKey: a/b",
         ApiMapping("a/b", "domain.example.com")),
    ],
)  # fmt: skip
def test_a_mapping_is_a_key_on_a_domain__1_1_5(
    service: Service, properties: str, mapping: ApiMapping
) -> None:
    domain = (
        "Domain:\n  Type: AWS::ApiGatewayV2::DomainName\n"
        "  Properties: { DomainName: domain.example.com }\n"
    )
    template = service.load(domain + resource("M", "ApiMapping", properties))
    assert template.websocket_stage.mappings == (mapping,)


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ("DomainName: a.example, Stage: prod", "Stage: one stage is emulated, and it is dev"),
        ("Stage: dev", "DomainName is missing"),
        ("DomainName: a.example, Stage: dev, ApiMappingKey: a b", "ApiMappingKey: letters"),
        ("DomainName: a.example, Stage: dev, ApiMappingKey: /a", "ApiMappingKey: letters"),
    ],
)
def test_a_mapping_of_another_stage_is_refused(
    service: Service, properties: str, reason: str
) -> None:
    assert reason in service.refusal(resource("M", "ApiMapping", properties))
