"""The authorizer of a WebSocket route, in the framework's grammar."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from local_server.errors import TemplateError
from local_server.template import (
    FunctionName,
    IdentitySource,
    SourceKind,
    WebsocketAuthorizer,
    load_template,
)

GUARD = FunctionName("guard")
AUTH = IdentitySource(SourceKind.HEADER, "Auth")
TOKEN = IdentitySource(SourceKind.QUERY, "token")
ARN = "arn:aws:lambda:us-east-1:123456789012:function:shop-local-guard"


@pytest.fixture
def authorizer(tmp_path: Path) -> Any:
    def read(written: Any, route: str = "$connect") -> WebsocketAuthorizer | None:
        event = {"websocket": {"route": route, "authorizer": written}}
        document = {
            "service": "shop",
            "provider": {"name": "aws"},
            "functions": {
                "a": {"handler": "a.handler", "events": [event]},
                "guard": {"handler": "a.guard"},
            },
        }
        file = tmp_path / "serverless.yml"
        file.write_text(yaml.safe_dump(document))
        return load_template(file).websocket_routes[route].authorizer

    return read


@pytest.mark.parametrize(
    ("written", "sources"),
    [
        ("guard", (AUTH,)),
        ({"name": "guard"}, (AUTH,)),
        ({"name": "guard", "identitySource": ["route.request.querystring.token"]}, (TOKEN,)),
        (
            {
                "name": "guard",
                "identitySource": "route.request.header.Auth, route.request.querystring.token",
            },
            (AUTH, TOKEN),
        ),
        ({"name": "guard", "identitySource": []}, ()),
        (ARN, (AUTH,)),
        ({"arn": ARN}, (AUTH,)),
        ({"name": "x", "arn": {"Fn::GetAtt": ["GuardLambdaFunction", "Arn"]}}, (AUTH,)),
    ],
)
def test_an_authorizer_comes_in_every_spelling__6_7(
    authorizer: Any, written: Any, sources: tuple[IdentitySource, ...]
) -> None:
    assert authorizer(written) == WebsocketAuthorizer(GUARD, sources)


@pytest.mark.parametrize("route", ["$disconnect", "$default", "chat"])
def test_an_authorizer_elsewhere_than_on_connect_is_refused__1_3_1(
    authorizer: Any, route: str
) -> None:
    with pytest.raises(TemplateError, match=r"authorizer: API Gateway authorizes \$connect alone"):
        authorizer("guard", route)


@pytest.mark.parametrize("kind", ["request", "token", "jwt", "COGNITO_USER_POOLS"])
def test_a_function_is_the_only_authorizer_and_other_types_are_refused__1_3_2(
    authorizer: Any, kind: str
) -> None:
    with pytest.raises(TemplateError, match="a function is the only authorizer"):
        authorizer({"name": "guard", "type": kind})


@pytest.mark.parametrize("key", ["resultTtlInSeconds", "enableSimpleResponses", "payloadVersion"])
def test_caching_and_simple_responses_are_refused__1_3_7(authorizer: Any, key: str) -> None:
    with pytest.raises(TemplateError, match=f"authorizer.{key}: API Gateway keeps no results"):
        authorizer({"name": "guard", key: 0})


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("nobody", "authorizer: there is no function nobody"),
        ({"name": "nobody"}, "authorizer.name: there is no function nobody"),
        ({}, "name is missing"),
        ({"arn": {"Fn::GetAtt": ["GuardLambdaFunction", "Arn"]}}, "a name beside an arn"),
        ({"arn": ARN.replace("guard", "other")}, "authorizer.arn: no function of this service"),
        ({"name": "x", "arn": {"Fn::GetAtt": ["Other", "Arn"]}}, "cannot know it"),
        ({"name": "guard", "identitySource": ["nonsense"]}, "not an identity source"),
        ({"name": "guard", "identitySource": [7]}, "a list of texts"),
        ({"name": "guard", "colour": "red"}, "does not emulate"),
    ],
)
def test_what_the_framework_does_not_know_is_refused(
    authorizer: Any, written: Any, reason: str
) -> None:
    with pytest.raises(TemplateError, match=reason):
        authorizer(written)
