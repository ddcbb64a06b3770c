"""API keys and usage plans in a template."""

from pathlib import Path

import pytest

from local_server.errors import TemplateError
from local_server.template import ApiKey, StageThrottle, Template, load_template

BASE = """\
service: s
provider: { name: aws }
functions: { f: { handler: a.b, events: [{ websocket: $default }] } }
resources:
  Resources:
"""
KEY = """\
    Key:
      Type: AWS::ApiGateway::ApiKey
      Properties: { Enabled: true, Value: !Sub "${AWS::Region}-0123456789abcdef", Tags: [] }
"""
PLAN = """\
    Plan:
      Type: AWS::ApiGateway::UsagePlan
      Properties:
        ApiStages: [{ ApiId: !Ref WebsocketsApi, Stage: local }]
        Throttle: { RateLimit: 5, BurstLimit: 7 }
"""
LINK = """\
    Link:
      Type: AWS::ApiGateway::UsagePlanKey
      Properties: { KeyId: !Ref Key, KeyType: API_KEY, UsagePlanId: !Ref Plan }
"""
ALL = KEY + PLAN + LINK


def load(tmp_path: Path, resources: str) -> Template:
    (tmp_path / "serverless.yml").write_text(BASE + resources)
    return load_template(tmp_path / "serverless.yml")


def test_a_key_in_a_plan_of_the_stage_is_usable__1_3_10(tmp_path: Path) -> None:
    assert load(tmp_path, ALL).api_keys == (
        ApiKey("key", "us-east-1-0123456789abcdef", True, StageThrottle(5, 7)),
    )


@pytest.mark.parametrize(
    "resources",
    [
        KEY,
        KEY + PLAN,
        ALL.replace("Enabled: true, ", ""),
        ALL.replace("Enabled: true", "Enabled: false"),
        ALL.replace("Stage: local", "Stage: other"),
        ALL.replace("ApiId: !Ref WebsocketsApi", "ApiId: another"),
        ALL.replace("KeyId: !Ref Key", "KeyId: another"),
    ],
)
def test_any_other_is_not__1_3_10(tmp_path: Path, resources: str) -> None:
    (key,) = load(tmp_path, resources).api_keys
    assert not key.is_usable


def test_a_plan_may_have_no_throttle(tmp_path: Path) -> None:
    throttle = "        Throttle: { RateLimit: 5, BurstLimit: 7 }\n"
    (key,) = load(tmp_path, ALL.replace(throttle, "")).api_keys
    assert key.throttle is None


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("-0123456789abcdef", "", "Key.*Value: an API key has at least 20 characters"),
        ('Value: !Sub "${AWS::Region}-0123456789abcdef", ', "", "Value is missing"),
        ("Enabled: true", "Enabled: true, StageKeys: []", "connect the key to the stage by"),
        ("Throttle: {", "Quota: { Limit: 1, Period: DAY }\n        Throttle: {", "quotas of"),
        ("RateLimit: 5", "Rate: 5", "does not emulate this"),
        ("Stage: local }", "Stage: local, Throttle: {} }", "only the plan's own throttle"),
        ("[{ ApiId: !Ref WebsocketsApi, Stage: local }]", "[text]", "a list of ApiId and Stage"),
        ("API_KEY,", "OTHER,", "API Gateway knows only API_KEY"),
        ("KeyId: !Ref Key", "KeyId: !Ref Elsewhere", "Ref Elsewhere"),
    ],
)
def test_what_is_not_emulated_is_refused_by_its_line(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    assert old in ALL
    with pytest.raises(TemplateError, match=rf"^serverless\.yml:\d+: .*{reason}"):
        load(tmp_path, ALL.replace(old, new))


# Routes


ROUTE = """\
    Route:
      Type: AWS::ApiGatewayV2::Route
      Properties:
        ApiId: !Ref WebsocketsApi
        RouteKey: {key}
        Target: !Join [/, [integrations, !Ref FWebsocketsIntegration]]
        {access}
"""


def test_a_connect_route_may_want_both__1_3_9__1_3_10(tmp_path: Path) -> None:
    access = "AuthorizationType: AWS_IAM\n        ApiKeyRequired: true"
    route = load(tmp_path, ROUTE.format(key="$connect", access=access)).websocket_routes["$connect"]
    assert (route.wants_signature, route.wants_api_key) == (True, True)


def test_it_wants_neither_unless_it_says_so(tmp_path: Path) -> None:
    access = "AuthorizationType: NONE\n        ApiKeyRequired: false"
    route = load(tmp_path, ROUTE.format(key="$connect", access=access)).websocket_routes["$connect"]
    assert (route.wants_signature, route.wants_api_key) == (False, False)


@pytest.mark.parametrize("access", ["AuthorizationType: AWS_IAM", "ApiKeyRequired: true"])
def test_no_other_route_may__1_3_1(tmp_path: Path, access: str) -> None:
    with pytest.raises(TemplateError, match="API Gateway authorizes \\$connect alone"):
        load(tmp_path, ROUTE.format(key="other", access=access))


def test_keys_that_an_authorizer_names_are_refused__1_3_12(tmp_path: Path) -> None:
    source = "ApiKeySelectionExpression: $context.authorizer.usageIdentifierKey"
    with pytest.raises(TemplateError) as error:
        load(tmp_path, f"  extensions:\n    WebsocketsApi:\n      Properties:\n        {source}\n")
    assert str(error.value) == (
        "serverless.yml:9: extensions.WebsocketsApi.Properties.ApiKeySelectionExpression: "
        "API keys are taken from the header x-api-key alone"
    )


def test_the_frameworks_short_form_is_refused_with_what_to_write__1_3_9(tmp_path: Path) -> None:
    (tmp_path / "serverless.yml").write_text(
        "service: s\nfunctions:\n  f:\n    handler: a.b\n"
        "    events: [{ websocket: { route: $connect, authorizer: aws_iam } }]\n"
    )
    with pytest.raises(TemplateError) as error:
        load_template(tmp_path / "serverless.yml")
    assert str(error.value) == (
        "serverless.yml:5: functions.f.events[0].websocket.authorizer: the framework takes aws_iam "
        "for a function: declare the route as a resource, with AuthorizationType: AWS_IAM"
    )
