"""What a request shows at the places an authorizer looks at."""

import pytest

from local_server.authorizers.identity import (
    MissingIdentity,
    Shown,
    identity_of,
    shown_by_request,
    shown_by_upgrade,
)
from local_server.events.authorizer import connect_authorizer_event
from local_server.events.http import http_event
from local_server.template import IdentitySource, SourceKind
from local_server.template.identity_sources import HTTP_CONTEXT, WEBSOCKET_CONTEXT
from tests.local_server.authorizers.calls import connect, http_call, peer

HEADER, QUERY = SourceKind.HEADER, SourceKind.QUERY
VARIABLE, CONTEXT = SourceKind.STAGE_VARIABLE, SourceKind.CONTEXT


def upgrade(*headers: tuple[str, str], query: str = "") -> Shown:
    connection = peer(stage_variables={"colour": "red"})
    event = connect(*headers, query=query, connection=connection)
    return shown_by_upgrade(connect_authorizer_event(event, "arn", connection))


def asked(*headers: tuple[str, str], query: str = "") -> Shown:
    return shown_by_request(http_event(http_call(*headers, query=query)))


@pytest.mark.parametrize("shown", [upgrade, asked])
def test_headers_are_found_in_any_case_and_queries_in_theirs__1_3_3__6_4(shown: object) -> None:
    given = shown(("X-kEy", "k"), query="Token=a%20b&empty=")  # type: ignore[operator]
    sources = (IdentitySource(HEADER, "x-KEY"), IdentitySource(QUERY, "Token"))
    assert identity_of(sources, given) == ("k", "a b")
    for source in (
        IdentitySource(QUERY, "token"),
        IdentitySource(QUERY, "empty"),
        IdentitySource(HEADER, "y"),
        IdentitySource(VARIABLE, "none"),
    ):
        with pytest.raises(MissingIdentity, match="is missing or empty"):
            identity_of((*sources, source), given)


def test_an_empty_header_is_missing__1_3_3() -> None:
    with pytest.raises(MissingIdentity, match="header Auth"):
        identity_of((IdentitySource(HEADER, "Auth"),), upgrade(("auth", "")))


def test_stage_variables_are_found__1_3_3() -> None:
    assert identity_of((IdentitySource(VARIABLE, "colour"),), upgrade()) == ("red",)


@pytest.mark.parametrize("name", sorted(WEBSOCKET_CONTEXT))
def test_every_context_variable_of_an_upgrade_has_a_value__1_3_3(name: str) -> None:
    (value,) = identity_of((IdentitySource(CONTEXT, name),), upgrade(("User-Agent", "tests/1")))
    assert value


@pytest.mark.parametrize("name", sorted(HTTP_CONTEXT))
def test_every_context_variable_of_a_request_has_a_value__6_4(name: str) -> None:
    (value,) = identity_of((IdentitySource(CONTEXT, name),), asked(("User-Agent", "tests/1")))
    assert value


def test_context_variables_are_the_access_logs() -> None:
    names = ("httpMethod", "path", "routeKey", "identity.sourceIp")
    sources = tuple(IdentitySource(CONTEXT, name) for name in names)
    assert identity_of(sources, asked()) == ("GET", "/things/1", "GET /things/{id}", "203.0.113.7")


def test_cookies_are_a_header_here_though_not_in_the_event() -> None:
    shown = asked(("Cookie", "a=1; b=2"))
    assert identity_of((IdentitySource(HEADER, "Cookie"),), shown) == ("a=1; b=2",)


def test_without_sources_there_is_no_identity() -> None:
    assert identity_of((), asked()) == ()
