"""A token's claims, without a token around them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.authorizers.jwt_claims import (
    InvalidToken,
    check_claims,
    claims_as_texts,
    scopes_of,
)
from local_server.template import IdentitySource, JwtAuthorizer, SourceKind
from tests.local_server.authorizers.calls import NOW

SECONDS = NOW // 1000
AUTHORIZER = JwtAuthorizer(
    "b", IdentitySource(SourceKind.HEADER, "Authorization"), "https://idp", ("rooms", "other")
)
GOOD: dict[str, Any] = {"iss": "https://idp", "aud": "rooms", "exp": SECONDS + 1}


def check(**claims: Any) -> None:
    given = {name: value for name, value in {**GOOD, **claims}.items() if value is not ...}
    check_claims(given, AUTHORIZER, NOW)


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"aud": ["x", "other"]},
        {"aud": ..., "client_id": "rooms"},
        {"aud": None, "client_id": "other"},
        {"nbf": SECONDS, "iat": SECONDS},
        {"exp": SECONDS + 0.5},
    ],
)
def test_a_good_token_passes__6_4(claims: dict[str, Any]) -> None:
    check(**claims)


@pytest.mark.parametrize(
    ("claims", "description"),
    [
        ({"iss": "https://idp/"}, "issuer does not match"),
        ({"iss": ...}, "issuer does not match"),
        ({"aud": "x"}, "the token does not have a valid audience"),
        ({"aud": ...}, "the token does not have a valid audience"),
        ({"aud": []}, "the token does not have a valid audience"),
        ({"aud": {"rooms": 1}}, "the token does not have a valid audience"),
        ({"aud": [["rooms"]]}, "the token does not have a valid audience"),
        # Both are there: `aud` alone counts.
        ({"aud": "x", "client_id": "rooms"}, "the token does not have a valid audience"),
        ({"exp": SECONDS}, "the token has expired"),
        ({"exp": ...}, "the token has expired"),
        ({"exp": float("nan")}, "the token has expired"),
        ({"exp": str(SECONDS + 9)}, "exp is no number"),
        ({"exp": True}, "exp is no number"),
        ({"nbf": SECONDS + 1}, "the token is not valid yet"),
        ({"nbf": None}, "nbf is no number"),
        ({"iat": SECONDS + 1}, "the token was issued in the future"),
    ],
)
def test_a_bad_claim_is_named__6_4(claims: dict[str, Any], description: str) -> None:
    with pytest.raises(InvalidToken) as refusal:
        check(**claims)
    assert str(refusal.value) == description


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": "a b"}, ["a", "b"]),
        ({"scope": ["a", "b c", 7]}, ["a", "b c"]),
        ({"scp": ["x"], "scope": "a"}, ["x"]),
        ({"scp": "x y", "scope": "a"}, ["x", "y"]),
        ({"scp": None, "scope": "a"}, []),
        ({"scope": 7}, []),
        ({}, []),
    ],
)
def test_scp_comes_before_scope__6_4(claims: dict[str, Any], scopes: list[str]) -> None:
    assert scopes_of(claims) == scopes


def test_claims_are_texts__6_1() -> None:
    claims = {
        "sub": "u1",
        "exp": 1612061676,
        "half": 0.5,
        "verified": True,
        "nothing": None,
        "groups": ["admin", "poweruser"],
        "mixed": ["a", 1, False, None, ["b"], {"c": 1}],
        "empty": [],
        "address": {"street": "É 1", "n": [1, None]},
    }
    assert claims_as_texts(claims) == {
        "sub": "u1",
        "exp": "1612061676",
        "half": "0.5",
        "verified": "true",
        "groups": "[admin poweruser]",
        "mixed": '[a 1 false null [b] {"c":1}]',
        "empty": "[]",
        "address": '{"street":"É 1","n":[1,null]}',
    }


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.lists(st.text())))
def test_every_claim_but_null_is_a_text__6_1(claims: dict[str, Any]) -> None:
    texts = claims_as_texts(claims)
    assert texts.keys() == {name for name, value in claims.items() if value is not None}
    assert all(isinstance(text, str) for text in texts.values())
