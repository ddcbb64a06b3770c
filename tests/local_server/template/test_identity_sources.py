"""Identity sources, in the two spellings of the two kinds of API."""

from pathlib import Path

import pytest

from local_server.errors import TemplateError
from local_server.template.document import Block
from local_server.template.fields import Fields
from local_server.template.identity_sources import read_http_sources, read_websocket_sources
from local_server.template.model import IdentitySource, SourceKind

FIELDS = Fields(Block({}, Path("serverless.yml"), {"identitySource": 4}), "authorizer")


def test_a_websocket_api_knows_four_kinds__1_3_3() -> None:
    texts = [
        "route.request.header.X-Key",
        "route.request.querystring.token",
        "stageVariables.a",
        "context.identity.sourceIp",
    ]
    assert read_websocket_sources(FIELDS, texts) == (
        IdentitySource(SourceKind.HEADER, "X-Key"),
        IdentitySource(SourceKind.QUERY, "token"),
        IdentitySource(SourceKind.STAGE_VARIABLE, "a"),
        IdentitySource(SourceKind.CONTEXT, "identity.sourceIp"),
    )


def test_an_http_api_spells_them_with_a_dollar__6_4() -> None:
    texts = [
        "$request.header.X-Key",
        "$request.querystring.token",
        "$stageVariables.a",
        "$context.routeKey",
    ]
    assert read_http_sources(FIELDS, texts) == (
        IdentitySource(SourceKind.HEADER, "X-Key"),
        IdentitySource(SourceKind.QUERY, "token"),
        IdentitySource(SourceKind.STAGE_VARIABLE, "a"),
        IdentitySource(SourceKind.CONTEXT, "routeKey"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "$request.header.X",
        "request.header.X",
        "route.request.body.x",
        "route.request.path.x",
        "route.request.header.",
        "route.request.header.A,B",
        "context.authorizer.principalId",
        "",
    ],
)
def test_what_a_websocket_api_does_not_know_is_refused(text: str) -> None:
    with pytest.raises(TemplateError, match=r"^serverless.yml:4: authorizer.identitySource: "):
        read_websocket_sources(FIELDS, [text])


@pytest.mark.parametrize(
    "text",
    ["route.request.header.X", "method.request.header.X", "$request.body.x", "$context.status"],
)
def test_what_an_http_api_does_not_know_is_refused(text: str) -> None:
    with pytest.raises(TemplateError, match="identitySource"):
        read_http_sources(FIELDS, [text])
