"""Tokens: their algorithm, their key, their signature."""

import base64
import json
from contextlib import suppress
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from local_server.authorizers.jwt_claims import InvalidToken
from local_server.authorizers.jwt_tokens import bearer, claims_of, key_id_of
from tests.local_server.authorizers.issuer import new_key

KEY = new_key()


def token(algorithm: str = "RS256", key: Any = KEY, **headers: Any) -> str:
    return jwt.encode({"sub": "u1"}, key, algorithm, {"kid": "one", **headers})


def unsigned(header: Any, payload: bytes = b"{}") -> str:
    parts = (json.dumps(header).encode(), payload, b"signature")
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("a.b.c", "a.b.c"),
        ("Bearer a.b.c", "a.b.c"),
        ("bearer  a.b.c ", "a.b.c"),
        ("Bearer", ""),
        ("Basic dTpw", "Basic dTpw"),
    ],
)
def test_a_token_comes_with_or_without_its_scheme__6_4(value: str, found: str) -> None:
    assert bearer(value) == found


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_rsa_is_read__6_4(algorithm: str) -> None:
    signed = token(algorithm)
    assert key_id_of(signed) == "one"
    assert claims_of(signed, KEY.public_key()) == {"sub": "u1"}


def test_no_other_algorithm_is_read__6_4() -> None:
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    others = [
        token("HS256", base64.b64encode(pem)),
        token("ES256", ec.generate_private_key(ec.SECP256R1())),
        token("PS256"),
        token("none", None),
        unsigned({"alg": "rs256", "kid": "one"}),
        unsigned({"alg": ["RS256"], "kid": "one"}),
    ]
    for other in others:
        with pytest.raises(InvalidToken, match="signing method is invalid"):
            key_id_of(other)


@pytest.mark.parametrize(
    ("value", "description"),
    [
        ("not-a-token", "token contains an invalid number of segments"),
        ("a.b", "token contains an invalid number of segments"),
        ("a.b.c.d", "token contains an invalid number of segments"),
        ("a.b.c", "the token is malformed"),
        ("é.é.é", "the token is malformed"),
        (unsigned("text"), "the token is malformed"),
        (unsigned({"alg": "RS256"}), "the token does not name its key"),
        (unsigned({"alg": "RS256", "kid": 7}), "the token is malformed"),
    ],
)
def test_what_is_no_token_is_named(value: str, description: str) -> None:
    with pytest.raises(InvalidToken) as refusal:
        key_id_of(value)
    assert str(refusal.value) == description


def test_another_key_has_not_signed_it__6_4() -> None:
    with pytest.raises(InvalidToken, match="the signature is invalid"):
        claims_of(token(), new_key().public_key())


def test_a_changed_token_is_not_signed__6_4() -> None:
    header, _, signature = token().split(".")
    payload = base64.urlsafe_b64encode(b'{"sub":"u2"}').decode().rstrip("=")
    with pytest.raises(InvalidToken, match="the signature is invalid"):
        claims_of(f"{header}.{payload}.{signature}", KEY.public_key())


@pytest.mark.parametrize("payload", [b"[]", b"7", b"no json", b"[" * 5000, b"\xff"])
def test_a_payload_that_is_no_object_is_malformed(payload: bytes) -> None:
    signed = jwt.PyJWS().encode(payload, KEY, "RS256", {"kid": "one"})
    with pytest.raises(InvalidToken, match="the token is malformed"):
        claims_of(signed, KEY.public_key())


@given(st.text() | st.binary().map(lambda raw: unsigned({"alg": "RS256", "kid": "one"}, raw)))
def test_nothing_else_happens_whatever_is_sent(value: str) -> None:
    with suppress(InvalidToken):
        key_id_of(value)
    with pytest.raises(InvalidToken):
        claims_of(value, KEY.public_key())
