"""provider.httpApi.authorizers, and the routes that name them."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from local_server.errors import TemplateError
from local_server.template import (
    FunctionName,
    IdentitySource,
    JwtAuthorizer,
    LambdaAuthorizer,
    SourceKind,
    Template,
    load_template,
)

GUARD = FunctionName("guard")
BEARER = IdentitySource(SourceKind.HEADER, "Authorization")
JWT = {
    "identitySource": "$request.header.Authorization",
    "issuerUrl": "https://idp.example.com/",
    "audience": ["shop"],
}
ASKED = {"type": "request", "functionName": "guard"}


@pytest.fixture
def load(tmp_path: Path) -> Any:
    def read(authorizers: Any, authorizer: Any = None) -> Template:
        event = {"httpApi": {"method": "GET", "path": "/x", "authorizer": authorizer}}
        document = {
            "service": "shop",
            "provider": {"name": "aws", "httpApi": {"authorizers": authorizers}},
            "functions": {
                "a": {"handler": "a.handler", "events": [event]},
                "guard": {"handler": "a.guard"},
            },
        }
        file = tmp_path / "serverless.yml"
        file.write_text(yaml.safe_dump(document))
        return load_template(file)

    return read


def test_a_route_names_its_authorizer__6_7(load: Any) -> None:
    for written in ("b", {"name": "b"}, {"name": "b", "type": "jwt"}):
        (route,) = load({"b": JWT}, written).http_routes
        assert route.authorizer == JwtAuthorizer("b", BEARER, "https://idp.example.com/", ("shop",))
        assert route.scopes == ()


def test_a_route_may_want_scopes(load: Any) -> None:
    (route,) = load({"b": JWT}, {"name": "b", "scopes": ["read", "write"]}).http_routes
    assert route.scopes == ("read", "write")


def test_a_route_without_an_authorizer_has_none(load: Any) -> None:
    (route,) = load({"b": JWT}).http_routes
    assert route.authorizer is None


def test_a_jwt_authorizer_may_use_cloudformation(load: Any) -> None:
    written = {
        "type": "jwt",
        "name": "deployed-name",
        "identitySource": ["$request.querystring.token"],
        "issuerUrl": {"Fn::Sub": "https://cognito-idp.${AWS::Region}.amazonaws.com/pool"},
        "audience": [{"Fn::Sub": "${AWS::StackName}-client"}],
    }
    (route,) = load({"b": written}, "b").http_routes
    assert route.authorizer == JwtAuthorizer(
        "b",
        IdentitySource(SourceKind.QUERY, "token"),
        "https://cognito-idp.us-east-1.amazonaws.com/pool",
        ("shop-local-client",),
    )


def test_a_lambda_authorizer_caches_nothing_unless_told_to__6_4(load: Any) -> None:
    """The framework sets no TTL; 300 seconds are the console's default alone."""
    (route,) = load({"b": {**ASKED, "identitySource": "$request.header.X"}}, "b").http_routes
    source = IdentitySource(SourceKind.HEADER, "X")
    assert route.authorizer == LambdaAuthorizer("b", GUARD, (source,), "2.0", ttl_s=0)


def test_a_lambda_authorizer_has_everything_spelled_out(load: Any) -> None:
    written = {
        "type": "request",
        "functionArn": {"Fn::GetAtt": ["GuardLambdaFunction", "Arn"]},
        "payloadVersion": "1.0",
        "resultTtlInSeconds": 3600,
        "enableSimpleResponses": False,
        "managedExternally": False,
        "identitySource": ["$request.header.A", "$context.routeKey"],
    }
    (route,) = load({"b": written}, "b").http_routes
    sources = (
        IdentitySource(SourceKind.HEADER, "A"),
        IdentitySource(SourceKind.CONTEXT, "routeKey"),
    )
    assert route.authorizer == LambdaAuthorizer("b", GUARD, sources, "1.0", ttl_s=3600)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ({**JWT, "type": "cognito"}, "b.type: jwt or request"),
        ({**JWT, "issuerUrl": "http://idp.example.com"}, "b.issuerUrl: https is expected"),
        ({**JWT, "issuerUrl": {"Ref": "Pool"}}, "b.issuerUrl: Ref Pool"),
        ({**JWT, "audience": []}, "b.audience: 1 to 50"),
        ({**JWT, "audience": [str(n) for n in range(51)]}, "b.audience: 1 to 50"),
        ({**JWT, "identitySource": []}, "b.identitySource: one header"),
        ({**JWT, "identitySource": ["$context.stage"]}, "b.identitySource: one header"),
        ({**JWT, "functionName": "guard"}, "b.functionName"),
        ({"type": "jwt", "audience": ["x"]}, "b.identitySource"),
        ({"type": "request"}, "b.type: either functionName or functionArn"),
        ({**ASKED, "functionArn": "arn"}, "b.type: either functionName or functionArn"),
        ({**ASKED, "functionName": "nobody"}, "b.functionName: there is no function nobody"),
        ({"type": "request", "functionArn": "arn"}, "b.functionArn: no function"),
        ({**ASKED, "managedExternally": True}, "b.managedExternally"),
        ({**ASKED, "payloadVersion": "3.0"}, "b.payloadVersion: 1.0 or 2.0"),
        ({**ASKED, "payloadVersion": "1.0", "enableSimpleResponses": True}, "payload 2.0 only"),
        ({**ASKED, "resultTtlInSeconds": 3601}, "b.resultTtlInSeconds: API Gateway allows"),
        ({**ASKED, "resultTtlInSeconds": 1}, "b.resultTtlInSeconds: without an identitySource"),
        ({**ASKED, "identitySource": "route.request.header.X"}, "not an identity source"),
        ({**ASKED, "colour": "red"}, "b.colour"),
        ("guard", "authorizers.b: a mapping"),
    ],
)
def test_an_authorizer_that_api_gateway_would_not_take_is_refused(
    load: Any, written: Any, reason: str
) -> None:
    with pytest.raises(TemplateError, match=reason):
        load({"b": written})


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("c", "authorizer: c is none of provider.httpApi.authorizers"),
        ({"name": "c"}, "authorizer.name: c is none"),
        ({"scopes": ["x"]}, "name is missing"),
        ({"type": "aws_iam"}, "authorizer.type: aws_iam authorizers"),
        ({"id": "abc123"}, "authorizer.id: an authorizer elsewhere"),
        ({"name": "asked", "scopes": ["x"]}, "only a jwt authorizer knows scopes"),
        ({"name": "b", "colour": "red"}, "authorizer.colour"),
    ],
)
def test_a_route_whose_authorizer_is_not_emulated_is_refused(
    load: Any, written: Any, reason: str
) -> None:
    with pytest.raises(TemplateError, match=reason):
        load({"b": JWT, "asked": ASKED}, written)


def test_an_eleventh_scope_is_refused__6_6(load: Any) -> None:
    scopes = [str(number) for number in range(11)]
    assert load({"b": JWT}, {"name": "b", "scopes": scopes[:10]})
    with pytest.raises(TemplateError, match="scopes: API Gateway allows 10 scopes a route"):
        load({"b": JWT}, {"name": "b", "scopes": scopes})


def test_an_eleventh_authorizer_is_warned_of__6_6(load: Any) -> None:
    names = [f"b{number}" for number in range(11)]
    assert load(dict.fromkeys(names[:10], JWT)).warnings == ()
    (warning,) = load(dict.fromkeys(names, JWT)).warnings
    assert "provider.httpApi.authorizers: 11 authorizers; AWS allows 10" in warning
