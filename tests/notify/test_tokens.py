import base64
import hashlib
import hmac
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from notify.errors import HeliographError, Invalid, TokenExpired, Unauthorized
from notify.model import Action, Pattern, Principal, Username, timestamp
from notify.tokens import OUR_CLAIMS, Claims, Key, Keyring, parse_jwks, parse_key, sign, verify
from tests.fakes import NOW

SECRET = "a-key-for-tests-of-at-least-32-bytes"
OTHER_SECRET = "another-key-for-tests-of-32-bytes!!!"
HOUR_MS = 3_600_000
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def private_pem(key: Any) -> str:
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


def public_pem(key: Any) -> str:
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return str(pem.decode())


OURS = parse_key("k1", {"alg": "HS256", "key": SECRET}, "us", "them")
KEYS = Keyring([OURS])
ALICE = Principal(
    Username("alice"),
    frozenset({"member", "editor"}),
    "acme",
    NOW + HOUR_MS,
    {Pattern("orders:*"): frozenset({Action.SUBSCRIBE, Action.PUBLISH})},
)
CLAIMS: dict[str, Any] = {
    "sub": "alice",
    "iss": "us",
    "aud": "them",
    "iat": NOW // 1000,
    "exp": NOW // 1000 + 3600,
}


def token(
    claims: dict[str, Any], key: Any = SECRET, alg: str = "HS256", kid: str | None = "k1"
) -> str:
    return jwt.encode(claims, key, alg, headers={"kid": kid} if kid is not None else None)


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in CLAIMS.items() if key != name}


def by_hand(header: object, claims: object, signature: bytes = b"") -> str:
    """A token that no library would make."""
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def assert_refused(text: str, keys: Keyring = KEYS, now: int = NOW) -> None:
    with pytest.raises(Unauthorized) as raised:
        verify(text, keys, now)
    assert raised.type is Unauthorized


def test_what_is_signed_verifies_as_the_same_principal() -> None:
    assert verify(sign(OURS, ALICE, NOW), KEYS, NOW) == ALICE


def test_a_token_says_only_what_the_principal_has() -> None:
    plain = Principal(Username("bob"), frozenset(), None, NOW + HOUR_MS)
    bare = parse_key("k1", {"alg": "HS256", "key": SECRET}, None, None)
    claims = jwt.decode(sign(bare, plain, NOW), options={"verify_signature": False})
    assert claims.keys() == {"sub", "roles", "iat", "exp"}


def test_a_token_names_the_login_it_goes_back_to() -> None:
    signed = sign(OURS, replace(ALICE, sid="family"), NOW)
    assert verify(signed, KEYS, NOW).sid == "family"


@pytest.mark.parametrize("sid", ["", "x" * 129, 7, None, ["a"], {"a": 1}])
def test_a_sid_of_another_kind_is_not_kept(sid: object) -> None:
    assert verify(token({**CLAIMS, "sid": sid}), KEYS, NOW).sid is None


def test_a_token_names_its_key_issuer_and_audience() -> None:
    signed = sign(OURS, ALICE, NOW)
    claims = jwt.decode(signed, options={"verify_signature": False})
    assert (claims["iss"], claims["aud"]) == ("us", "them")
    assert jwt.get_unverified_header(signed)["kid"] == "k1"


def test_a_token_with_the_least_claims_has_no_roles_tenant_or_caps() -> None:
    principal = verify(token(without("iat")), KEYS, NOW)
    bare = Principal(Username("alice"), frozenset(), None, CLAIMS["exp"] * 1000, {})
    assert (principal, principal.issued_at, principal.sid) == (bare, 0, None)


def test_times_may_have_fractions() -> None:
    principal = verify(token({**CLAIMS, "exp": NOW / 1000 + 0.5}), KEYS, NOW)
    assert principal.token_expires_at == NOW + 500


# Times


def test_the_millisecond_of_issue_survives() -> None:
    assert verify(sign(OURS, ALICE, NOW + 123), KEYS, NOW).issued_at == NOW + 123


def test_a_token_is_good_until_the_millisecond_it_expires() -> None:
    signed = sign(OURS, ALICE, NOW)
    assert verify(signed, KEYS, NOW + HOUR_MS - 1) == ALICE
    with pytest.raises(TokenExpired):
        verify(signed, KEYS, NOW + HOUR_MS)


def test_a_token_that_is_not_valid_yet_is_refused() -> None:
    assert_refused(token({**CLAIMS, "nbf": NOW // 1000 + 6}))


def test_a_token_of_a_clock_a_little_ahead_is_taken() -> None:
    assert verify(token({**CLAIMS, "nbf": NOW // 1000 + 5}), KEYS, NOW).username == "alice"


@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
@pytest.mark.parametrize("value", ["soon", None, True, [], {}, float("inf"), float("nan")])
def test_a_time_that_is_no_number_is_refused(name: str, value: object) -> None:
    assert_refused(token({**CLAIMS, name: value}))


@pytest.mark.parametrize("exp", [NOW, 1e300, 10**400], ids=["ms-for-s", "1e300", "10**400"])
def test_a_time_without_end_is_refused_or_can_be_written(exp: float) -> None:
    try:
        expires_at = verify(token({**CLAIMS, "exp": exp}), KEYS, NOW).token_expires_at
    except Unauthorized:
        return
    timestamp(expires_at)


# Signatures and keys


def test_a_token_of_another_key_is_refused() -> None:
    assert_refused(token(CLAIMS, OTHER_SECRET))


def test_a_token_of_an_unknown_key_id_is_refused() -> None:
    assert_refused(token(CLAIMS, kid="k9"))


def test_a_token_without_a_key_id_is_checked_with_the_only_key() -> None:
    assert verify(token(CLAIMS, kid=None), KEYS, NOW).username == "alice"


def test_a_token_without_a_key_id_is_refused_where_there_are_two_keys() -> None:
    two = Keyring([OURS, parse_key("k2", {"alg": "HS256", "key": OTHER_SECRET}, "us", "them")])
    assert_refused(token(CLAIMS, kid=None), two)


@pytest.mark.parametrize("alg", ["none", "None", "NONE", ""])
@pytest.mark.parametrize("signature", [b"", b"x"])
def test_a_token_without_a_signature_is_refused(alg: str, signature: bytes) -> None:
    assert_refused(by_hand({"alg": alg, "kid": "k1", "typ": "JWT"}, CLAIMS, signature))


@pytest.mark.parametrize("alg", ["HS384", "HS512"])
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_token_of_another_algorithm_is_refused(alg: str) -> None:
    assert_refused(token(CLAIMS, SECRET, alg))


@pytest.mark.parametrize("material", [public_pem(RSA_KEY), public_pem(EC_KEY)])
@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_a_public_key_is_never_taken_for_a_secret(material: str, alg: str) -> None:
    published = Keyring([Key("k1", alg, material, issuer="us", audience="them")])
    # PyJWT refuses to sign with a public key, so the forger signs by hand.
    unsigned = by_hand({"alg": "HS256", "kid": "k1"}, CLAIMS).rpartition(".")[0]
    digest = hmac.digest(material.encode(), unsigned.encode(), hashlib.sha256)
    signature = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert_refused(f"{unsigned}.{signature}", published)


def test_an_old_key_still_verifies_and_the_first_signs() -> None:
    new = parse_key("k2", {"alg": "HS256", "key": OTHER_SECRET}, "us", "them")
    rotated = Keyring([new, OURS])
    assert rotated.signing_key() is new
    assert verify(sign(OURS, ALICE, NOW), rotated, NOW) == ALICE
    assert verify(sign(new, ALICE, NOW), rotated, NOW) == ALICE


def test_a_key_that_is_gone_verifies_nothing() -> None:
    rotated = Keyring([parse_key("k2", {"alg": "HS256", "key": OTHER_SECRET}, "us", "them")])
    assert_refused(sign(OURS, ALICE, NOW), rotated)


def test_the_first_key_that_can_sign_does() -> None:
    verifying = parse_key("v", {"alg": "RS256", "public_key": public_pem(RSA_KEY)}, None, None)
    assert Keyring([verifying, OURS]).signing_key() is OURS


def test_without_a_private_key_nothing_is_signed() -> None:
    verifying = parse_key("v", {"alg": "RS256", "public_key": public_pem(RSA_KEY)}, None, None)
    with pytest.raises(LookupError):
        Keyring([verifying]).signing_key()


@pytest.mark.parametrize(("alg", "key"), [("RS256", RSA_KEY), ("ES256", EC_KEY)])
def test_pem_keys_sign_and_verify(alg: str, key: Any) -> None:
    fields = {"alg": alg, "public_key": public_pem(key), "private_key": private_pem(key)}
    signing = parse_key("k1", fields, "us", "them")
    assert verify(sign(signing, ALICE, NOW), Keyring([signing]), NOW) == ALICE


@pytest.mark.parametrize(("alg", "key"), [("RS256", RSA_KEY), ("ES256", EC_KEY)])
def test_a_token_signed_with_a_private_key_of_another_kind_is_refused(alg: str, key: Any) -> None:
    assert_refused(token(CLAIMS, private_pem(key), alg))


@pytest.mark.parametrize("fields", [{}, {"alg": "none"}, {"alg": "HS512"}, {"alg": None}, "text"])
def test_a_key_of_another_algorithm_is_refused(fields: Any) -> None:
    with pytest.raises(Invalid, match=r"^key 'k1': alg"):
        parse_key("k1", fields, None, None)


def test_a_short_secret_is_refused_and_not_quoted() -> None:
    with pytest.raises(Invalid, match="at least 32 bytes") as raised:
        parse_key("k1", {"alg": "HS256", "key": "hunter2"}, None, None)
    assert "hunter2" not in raised.value.message


def test_an_asymmetric_key_needs_its_public_half() -> None:
    with pytest.raises(Invalid, match="public_key is missing"):
        parse_key("k1", {"alg": "RS256", "private_key": private_pem(RSA_KEY)}, None, None)


# Claims


@pytest.mark.parametrize("name", ["exp", "sub", "iss", "aud"])
def test_a_token_that_lacks_a_claim_is_refused(name: str) -> None:
    assert_refused(token(without(name)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("iss", "them"),
        ("iss", ["us"]),
        ("aud", "us"),
        ("aud", ["us"]),
        ("aud", []),
        ("aud", 5),
        ("sub", ""),
        ("sub", 7),
        ("sub", None),
        ("sub", "a:b"),
        ("sub", "*"),
        ("sub", "alice\n"),
        ("sub", "x" * 65),
        ("roles", "admin"),
        ("roles", {"admin": True}),
        ("roles", None),
        ("roles", [5]),
        ("roles", [None]),
        ("roles", [["admin"]]),
        ("roles", ["a:b"]),
        ("roles", ["*"]),
        ("roles", [""]),
        ("tenant", ""),
        ("tenant", 5),
        ("tenant", ["acme"]),
        ("tenant", "*"),
        ("caps", "orders:*"),
        ("caps", ["orders:*"]),
        ("caps", {"orders:*": "subscribe"}),
        ("caps", {"orders:*": ["fly"]}),
        ("caps", {"orders:*": [["subscribe"]]}),
        ("caps", {"orders:*": None}),
        ("caps", {"orders:*": {"subscribe": True}}),
        ("caps", {"no good": ["subscribe"]}),
        ("caps", {"a:*:b": ["subscribe"]}),
        ("caps", {"": ["subscribe"]}),
    ],
)
def test_a_claim_that_is_wrong_is_refused(name: str, value: object) -> None:
    # What PyJWT refuses to write, a forger with the key would.
    claims = json.dumps({**CLAIMS, name: value}).encode()
    signed = jwt.api_jws.encode(claims, SECRET, "HS256", headers={"kid": "k1"})
    assert_refused(signed)


@pytest.mark.parametrize("audience", ["them", ["them"], ["others", "them"]])
def test_the_audience_may_be_one_of_many(audience: object) -> None:
    assert verify(token({**CLAIMS, "aud": audience}), KEYS, NOW).username == "alice"


def test_without_a_demanded_issuer_and_audience_any_are_taken() -> None:
    lenient = Keyring([parse_key("k1", {"alg": "HS256", "key": SECRET}, None, None)])
    assert verify(token({**CLAIMS, "iss": "x", "aud": "y"}), lenient, NOW).username == "alice"


def test_caps_are_read_from_the_claim() -> None:
    principal = verify(token({**CLAIMS, "caps": {"orders:*": ["publish"], "*": []}}), KEYS, NOW)
    assert principal.caps == {"orders:*": {Action.PUBLISH}, "*": frozenset()}


# Anything at all


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "é.é.é",
        "\ud800",
        "\0",
        "x" * 8193,
        by_hand([], {}),
        by_hand("HS256", {}),
        by_hand({"alg": "HS256", "kid": 5}, {}),
        by_hand({"alg": "HS256", "kid": ["k1"]}, {}),
        by_hand({"alg": ["HS256"], "kid": "k1"}, {}),
        by_hand({"alg": "HS256", "kid": "k1", "crit": ["b64"], "b64": False}, {}),
    ],
)
def test_what_is_no_token_is_refused(text: str) -> None:
    assert_refused(text)


def test_a_deeply_nested_header_is_refused() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 5000).decode()
    assert_refused(f"{deep}.e30.e30")


@pytest.mark.parametrize("claims", [b"[]", b"5", b"null", b"not json", b"[" * 3000, b"\xff"])
def test_a_signed_payload_that_is_no_object_is_refused(claims: bytes) -> None:
    assert_refused(jwt.api_jws.encode(claims, SECRET, "HS256", headers={"kid": "k1"}))


def test_a_huge_token_is_refused_though_its_signature_is_good() -> None:
    assert_refused(token({**CLAIMS, "padding": "x" * 8192}))


@settings(derandomize=True, deadline=None)
@given(st.one_of(st.text(), st.from_regex(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*")))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(HeliographError):
        verify(text, KEYS, NOW)


GOOD = sign(OURS, ALICE, NOW)
# The last character of a part has bits that decode to nothing.
CHANGEABLE = [
    place
    for place in range(len(GOOD))
    if GOOD[place] != "." and GOOD[place + 1 : place + 2] not in ("", ".")
]


@settings(derandomize=True, deadline=None)
@given(st.sampled_from(CHANGEABLE), st.sampled_from("AQgw-_09é\0"))
def test_a_token_with_one_character_changed_is_refused(place: int, letter: str) -> None:
    if GOOD[place] != letter:
        assert_refused(GOOD[:place] + letter + GOOD[place + 1 :])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@settings(derandomize=True, deadline=None)
@given(st.sampled_from(["sub", "roles", "tenant", "caps", "iat", "nbf", "exp", "aud"]), json_values)
def test_any_signed_claim_is_taken_or_refused(name: str, value: object) -> None:
    claims = json.dumps({**CLAIMS, name: value}).encode()
    signed = jwt.api_jws.encode(claims, SECRET, "HS256", headers={"kid": "k1"})
    try:
        principal = verify(signed, KEYS, NOW)
    except Unauthorized:
        return
    assert principal.token_expires_at > NOW


# JSON Web Key Sets


def jwk(key: Any, **fields: object) -> dict[str, Any]:
    algorithm: Any = jwt.algorithms.RSAAlgorithm if key is RSA_KEY else jwt.algorithms.ECAlgorithm
    described: dict[str, Any] = algorithm.to_jwk(key.public_key(), as_dict=True)
    return {**described, **fields}


class Published:
    """Keys as an identity provider publishes them."""

    def __init__(self, *entries: object, claims: Claims = OUR_CLAIMS) -> None:
        self.keys = parse_jwks({"keys": list(entries)}, "us", "them", claims)

    def find(self, key_id: str | None) -> Key | None:
        return self.keys.get(key_id or "")


@pytest.mark.parametrize(("alg", "key"), [("RS256", RSA_KEY), ("ES256", EC_KEY)])
@pytest.mark.parametrize("names_alg", [True, False])
def test_published_keys_verify(alg: str, key: Any, names_alg: bool) -> None:
    fields = {"kid": "k1", **({"alg": alg} if names_alg else {})}
    signed = token(CLAIMS, private_pem(key), alg)
    assert verify(signed, Published(jwk(key, **fields)), NOW).username == "alice"


COGNITO = Claims("cognito:username", "cognito:groups")


def cognito_token(**claims: object) -> str:
    return token({**CLAIMS, "sub": "8f1c-uuid", **claims}, private_pem(RSA_KEY), "RS256")


def test_a_provider_may_say_elsewhere_whose_a_token_is() -> None:
    signed = cognito_token(**{"cognito:username": "alice", "cognito:groups": ["manager"]})
    principal = verify(signed, Published(jwk(RSA_KEY, kid="k1"), claims=COGNITO), NOW)
    assert principal.username == "alice"
    assert principal.roles == {"manager"}


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"cognito:username": None},
        {"cognito:username": "auth0|alice"},
        {"cognito:username": "alice", "cognito:groups": "manager"},
        {"cognito:username": "alice", "cognito:groups": ["two words"]},
    ],
)
def test_a_token_that_does_not_say_so_there_is_refused(claims: dict[str, object]) -> None:
    with pytest.raises(Unauthorized):
        verify(cognito_token(**claims), Published(jwk(RSA_KEY, kid="k1"), claims=COGNITO), NOW)


def test_published_keys_demand_the_issuer() -> None:
    signed = token({**CLAIMS, "iss": "others"}, private_pem(RSA_KEY), "RS256")
    with pytest.raises(Unauthorized):
        verify(signed, Published(jwk(RSA_KEY, kid="k1")), NOW)


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"kty": "oct", "kid": "k1", "alg": "HS256", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"},
        {"kty": "RSA", "kid": "k1"},
        {"kty": "RSA", "kid": "k1", "n": "!!", "e": "AQAB"},
        {"kty": "EC", "kid": "k1", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "EC", "kid": "k1", "crv": "P-999", "x": "AA", "y": "AA"},
        {"kty": "what", "kid": "k1"},
        jwk(RSA_KEY),
        jwk(RSA_KEY, kid="k1", alg="RS512"),
        jwk(RSA_KEY, kid="k1", alg="RSA-OAEP"),
    ],
)
def test_a_key_that_is_of_no_use_is_skipped_and_costs_no_other(entry: object) -> None:
    assert Published(entry, jwk(EC_KEY, kid="k2")).keys.keys() == {"k2"}


@pytest.mark.parametrize("entry", [None, 5, "text", []])
def test_an_entry_that_is_no_key_at_all_costs_no_other(entry: object) -> None:
    assert Published(entry, jwk(EC_KEY, kid="k2")).keys.keys() == {"k2"}


def test_a_key_set_without_keys_is_empty() -> None:
    assert parse_jwks({}, None, None) == {}


def run_alone(code: str) -> str:
    """What the code prints in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


ROUND_TRIP = """
import sys
from notify.model import Principal
from notify.tokens import Keyring, parse_key, sign, verify

def round_trip(**fields):
    key = parse_key("k", fields, "us", "them")
    signed = sign(key, Principal("alice", frozenset(), None, 2_000_000_000_000), 1_000_000_000_000)
    return verify(signed, Keyring([key]), 1_000_000_000_000).username

def loaded():
    return sorted({"cryptography", "jwt", "ssl", "email"} & sys.modules.keys())
"""


def test_hs256_needs_no_cryptography_and_no_http_client() -> None:
    code = f"{ROUND_TRIP}\nprint(round_trip(alg='HS256', key='x' * 32), *loaded())"
    assert run_alone(code) == "alice"


def test_other_algorithms_bring_cryptography_when_the_first_such_key_comes() -> None:
    pair = {"public_key": public_pem(EC_KEY), "private_key": private_pem(EC_KEY)}
    code = f"{ROUND_TRIP}\nprint(*loaded(), round_trip(alg='ES256', **{pair!r}), *loaded())"
    assert run_alone(code) == "alice cryptography email jwt ssl"


def test_who_imports_pyjwt_otherwise_gets_all_of_it() -> None:
    code = "import notify.tokens, jwt\nprint(jwt.algorithms.has_crypto)"
    assert run_alone(code) == "True"
