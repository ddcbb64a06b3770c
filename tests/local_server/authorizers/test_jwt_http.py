"""JWT authorizers of the HTTP API, with an issuer of the tests' own."""

import logging
from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from local_server.authorizers.denial import Denied
from local_server.authorizers.jwt_http import JwtAuthorizers
from local_server.clock import Clock
from local_server.events import Event
from local_server.template import IdentitySource, JwtAuthorizer, SourceKind
from tests.local_server.authorizers.calls import http_call
from tests.local_server.authorizers.issuer import DISCOVERY, Issuer, new_key, running_issuer

HEADER = IdentitySource(SourceKind.HEADER, "Authorization")
QUERY = IdentitySource(SourceKind.QUERY, "token")


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


class Door:
    def __init__(self, issuer: Issuer, source: IdentitySource = HEADER) -> None:
        self.clock = Clock()
        self._authorizer = JwtAuthorizer("b", source, issuer.url, ("rooms",))
        self._authorizers = JwtAuthorizers(self.clock)

    async def enter(self, value: str | None, *scopes: str, query: str = "") -> Event:
        headers = () if value is None else (("authorization", value),)
        call = http_call(*headers, query=query)
        return await self._authorizers.admit(self._authorizer, scopes, call)

    async def refuses(
        self, value: str | None, *scopes: str, query: str = ""
    ) -> tuple[int, bytes, str]:
        with pytest.raises(Denied) as denial:
            await self.enter(value, *scopes, query=query)
        response = denial.value.response
        return response.status, response.body, dict(response.headers)["www-authenticate"]


def invalid(description: str) -> tuple[int, bytes, str]:
    challenge = f'Bearer scope="" error="invalid_token" error_description="{description}"'
    return 401, b'{"message":"Unauthorized"}', challenge


async def test_the_claims_are_granted_and_scopes_are_null__6_1__6_4(issuer: Issuer) -> None:
    token = issuer.token(groups=["admin", "poweruser"], verified=True, nothing=None, scope="a b")
    granted = await Door(issuer).enter(f"Bearer {token}")
    claims = granted["jwt"]["claims"]
    assert granted == {"jwt": {"claims": claims, "scopes": None}}
    assert (claims["sub"], claims["groups"], claims["verified"]) == (
        "u1",
        "[admin poweruser]",
        "true",
    )
    assert claims["exp"].isdigit()
    assert claims["scope"] == "a b"
    assert "nothing" not in claims


async def test_a_token_may_come_without_its_scheme__6_4(issuer: Issuer) -> None:
    assert await Door(issuer).enter(issuer.token())


async def test_a_token_may_come_in_the_query__6_4(issuer: Issuer) -> None:
    door = Door(issuer, QUERY)
    assert await door.enter(None, query=f"token={issuer.token()}")
    assert await door.enter(None, query=f"token=Bearer%20{issuer.token()}")
    assert (await door.refuses(issuer.token()))[2] == "Bearer"


@pytest.mark.parametrize("value", [None, "", "Bearer", "Bearer "])
async def test_a_missing_token_is_a_401_that_asks_for_one__6_3_3(
    issuer: Issuer, value: str | None
) -> None:
    refusal = await Door(issuer).refuses(value, "read")
    assert refusal == (401, b'{"message":"Unauthorized"}', "Bearer")


async def test_an_invalid_token_is_a_401_that_says_why__6_3_3__6_4(issuer: Issuer) -> None:
    door = Door(issuer)
    now = door.clock.now() // 1000
    for token, description in (
        ("Bearer nonsense", "token contains an invalid number of segments"),
        (issuer.token(aud="elsewhere"), "the token does not have a valid audience"),
        (issuer.token(iss="https://elsewhere"), "issuer does not match"),
        (issuer.token(exp=now - 60), "the token has expired"),
        (issuer.token(nbf=now + 600), "the token is not valid yet"),
        (issuer.token(iat=now + 600), "the token was issued in the future"),
        (issuer.token("unknown"), "the key of the token is unknown"),
        (issuer.token(None), "the token does not name its key"),
        (jwt.encode({}, new_key(), "RS256", {"kid": "one"}), "the signature is invalid"),
    ):
        assert await door.refuses(token) == invalid(description)


async def test_a_token_expires_by_the_emulators_clock__6_4(issuer: Issuer) -> None:
    door, token = Door(issuer), issuer.token()
    assert await door.enter(token)
    door.clock.advance(3601)
    assert await door.refuses(token) == invalid("the token has expired")


@pytest.mark.parametrize(
    ("claims", "granted"),
    [
        ({"scope": "read other"}, ["read", "other"]),
        ({"scp": ["write"], "scope": "none"}, ["write"]),
        ({"scp": "write"}, ["write"]),
    ],
)
async def test_one_scope_of_the_routes_is_enough__6_4(
    issuer: Issuer, claims: Any, granted: list[str]
) -> None:
    entered = await Door(issuer).enter(issuer.token(**claims), "read", "write")
    assert entered["jwt"]["scopes"] == granted


@pytest.mark.parametrize("claims", [{}, {"scope": "other"}, {"scp": [], "scope": "read"}])
async def test_no_scope_of_the_routes_is_a_403_that_names_them__6_3_4__6_4(
    issuer: Issuer, claims: Any
) -> None:
    # Word for word as recorded from an HTTP API with a user pool of Cognito's.
    assert await Door(issuer).refuses(issuer.token(**claims), "read", "write") == (
        403,
        b'{"message":"Forbidden"}',
        'Bearer scope="read write" error="insufficient_scope" '
        'error_description="expected scopes: [read write]"',
    )


async def test_an_invalid_token_is_told_the_scopes_of_the_route_too(issuer: Issuer) -> None:
    _, _, challenge = await Door(issuer).refuses(issuer.token(aud="x"), "read", "write")
    assert challenge.startswith('Bearer scope="read write" error="invalid_token" ')


async def test_an_issuer_that_is_down_is_a_401_as_on_aws__6_4() -> None:
    with running_issuer() as issuer:
        del issuer.answers[DISCOVERY]
        refusal = await Door(issuer).refuses(issuer.token())
    assert refusal == invalid("OIDC discovery endpoint communication error")


async def test_authorizers_of_one_issuer_fetch_its_keys_once() -> None:
    with running_issuer() as issuer:
        authorizers = JwtAuthorizers(Clock())
        for name in ("a", "b"):
            authorizer = JwtAuthorizer(name, HEADER, issuer.url, ("rooms",))
            call = http_call(("authorization", issuer.token()))
            assert await authorizers.admit(authorizer, (), call)
        assert issuer.asked.count(DISCOVERY) == 1


async def test_no_token_reaches_the_log(issuer: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        token = issuer.token(aud="elsewhere")
        await Door(issuer).refuses(token)
        await Door(issuer).enter(good := issuer.token())
    assert token not in caplog.text
    assert good not in caplog.text
