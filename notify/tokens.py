"""JSON Web Tokens: signed with our own keys, verified with ours or an identity provider's."""

import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Protocol

from msgspec import Struct

from notify.caps import parse_caps
from notify.errors import Invalid, TokenExpired, Unauthorized
from notify.missing import missing
from notify.model import Principal, Username
from notify.topics import parse_segment

ALGORITHMS = frozenset({"HS256", "RS256", "ES256"})
MAX_TOKEN_BYTES = 8192
MIN_SECRET_BYTES = 32
MAX_SECONDS = 253_402_300_799  # the end of the year 9999, behind which no date can be written
MAX_ROLES = 50  # each is a topic of every connection
MAX_SID = 128  # characters; a provider's `sid` that is longer is not kept
LEEWAY_MS = 5_000  # Clocks of two machines differ; an `nbf` of this very second is no attack.


class Claims(Struct, frozen=True):
    """Where a token says whose it is. Providers differ; our own tokens say it here."""

    username: str = "sub"
    roles: str = "roles"


OUR_CLAIMS = Claims()


def _pyjwt_of_hmac() -> Any:
    """PyJWT under another name, without what HS256 does not need: cryptography, which it imports
    where it is, and the HTTP client (with ssl and email) that its `__init__` brings along."""
    found = find_spec("jwt")
    if found is None or found.submodule_search_locations is None:
        raise ModuleNotFoundError("there is no PyJWT")
    package = ModuleType("pyjwt_of_hmac")
    package.__path__ = found.submodule_search_locations
    sys.modules[package.__name__] = package
    with missing("cryptography"):
        import_module(f"{package.__name__}.api_jwt")
    return package


# A third of the time that a cold start has otherwise, and half of its memory.
_OF_HMAC = _pyjwt_of_hmac()


def _pyjwt(algorithm: str) -> Any:
    """As much of it as keys of that algorithm need."""
    if algorithm == "HS256":
        return _OF_HMAC
    import jwt  # with cryptography, once there is such a key

    return jwt


class Key(Struct, frozen=True):
    """A key and the one algorithm it may be used with.

    A token's own `alg` is never believed: a public RSA key taken for an HMAC secret would let
    anybody sign (RFC 8725, section 2.1). `issuer` and `audience` are demanded if they are set.
    """

    id: str
    algorithm: str
    verifying: Any  # what PyJWT takes: bytes, PEM text or a key object
    signing: Any = None
    issuer: str | None = None
    audience: str | None = None
    claims: Claims = OUR_CLAIMS


class KeySource(Protocol):
    """Finds the key that a token names."""

    def find(self, key_id: str | None) -> Key | None: ...


class SigningKeys(KeySource, Protocol):
    """Has one to sign with, too."""

    def signing_key(self) -> Key:
        """Raises: LookupError where every key can only verify."""


class Keyring:
    """Our own keys by id. The first that can sign does; all of them verify, so keys can rotate."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = {key.id: key for key in keys}

    def find(self, key_id: str | None) -> Key | None:
        """The key with that id; for a token without one, our only key."""
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id or "")

    def signing_key(self) -> Key:
        """Raises: LookupError where every key can only verify."""
        for key in self._keys.values():
            if key.signing is not None:
                return key
        raise LookupError("no key here can sign a token")


def parse_key(key_id: str, fields: object, issuer: str | None, audience: str | None) -> Key:
    """A key as it is configured: `{"alg", "key"}`, for RS256 and ES256 `{"alg", "public_key"}` with
    PEM texts and a `private_key` if it is to sign.

    Raises: Invalid, without any part of the key in its text.
    """
    if not isinstance(fields, Mapping) or str(fields.get("alg")) not in ALGORITHMS:
        raise Invalid(f"key {key_id!r}: alg must be one of {', '.join(sorted(ALGORITHMS))}")
    algorithm = str(fields["alg"])
    if algorithm != "HS256":
        if "public_key" not in fields:
            raise Invalid(f"key {key_id!r}: public_key is missing")
        return Key(
            key_id, algorithm, fields["public_key"], fields.get("private_key"), issuer, audience
        )
    secret = str(fields.get("key", "")).encode()
    if len(secret) < MIN_SECRET_BYTES:
        raise Invalid(f"key {key_id!r}: an HS256 key wants at least {MIN_SECRET_BYTES} bytes")
    return Key(key_id, algorithm, secret, secret, issuer, audience)


def parse_jwks(
    document: Mapping[str, Any],
    issuer: str | None,
    audience: str | None,
    claims: Claims = OUR_CLAIMS,
) -> dict[str, Key]:
    """The usable keys of a JSON Web Key Set by id; all others, symmetric ones too, are skipped."""
    keys, pyjwt = {}, _pyjwt("RS256")
    for entry in document.get("keys", ()):
        try:
            jwk = pyjwt.PyJWK(entry)
        except (pyjwt.PyJWTError, AttributeError, TypeError, ValueError):
            continue
        if jwk.key_id and jwk.algorithm_name in ("RS256", "ES256"):
            keys[jwk.key_id] = Key(
                jwk.key_id, jwk.algorithm_name, jwk.key, None, issuer, audience, claims
            )
    return keys


def sign(key: Key, principal: Principal, now: int) -> str:
    """A token for the principal, valid until its `token_expires_at`."""
    claims: dict[str, Any] = {
        "sub": principal.username,
        "roles": sorted(principal.roles),
        # To the millisecond, which RFC 7519 allows: a token made right after a change of password
        # must not look older than the change.
        "iat": now / 1000,
        "exp": principal.token_expires_at // 1000,
    }
    if principal.sid is not None:
        claims["sid"] = principal.sid
    if principal.tenant is not None:
        claims["tenant"] = principal.tenant
    if principal.caps:
        claims["caps"] = {pattern: sorted(may) for pattern, may in principal.caps.items()}
    claims |= {"iss": key.issuer} if key.issuer else {}
    claims |= {"aud": key.audience} if key.audience else {}
    encode = _pyjwt(key.algorithm).api_jwt.encode
    return str(encode(claims, key.signing, algorithm=key.algorithm, headers={"kid": key.id}))


def verify(token: str, keys: KeySource, now: int) -> Principal:
    """Whom the token names, once its signature, times, issuer and audience are checked.

    Raises: TokenExpired, Unauthorized.
    """
    if len(token) > MAX_TOKEN_BYTES:
        raise Unauthorized
    claims, names = _verified_claims(token, keys)
    expires_at, issued_at = _time(claims, "exp"), _time(claims, "iat", 0)
    if _time(claims, "nbf", 0) > now + LEEWAY_MS:
        raise Unauthorized
    if expires_at <= now:
        raise TokenExpired
    return _principal(claims, names, expires_at, issued_at)


def _verified_claims(token: str, keys: KeySource) -> tuple[dict[str, Any], Claims]:
    key = keys.find(_key_id(token))
    if key is None:
        raise Unauthorized
    pyjwt = _pyjwt(key.algorithm)
    try:
        claims: dict[str, Any] = pyjwt.api_jwt.decode(
            token,
            key.verifying,
            algorithms=[key.algorithm],
            issuer=key.issuer,
            audience=key.audience,
            # The times are checked against the caller's clock, not against PyJWT's.
            options={
                "require": ["exp", key.claims.username],
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "verify_aud": key.audience is not None,
            },
        )
    except (pyjwt.exceptions.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise Unauthorized from error
    return claims, key.claims


def _key_id(token: str) -> str | None:
    try:
        key_id: str | None = _OF_HMAC.api_jws.get_unverified_header(token).get("kid")
    except (_OF_HMAC.exceptions.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise Unauthorized from error
    return key_id


def _time(claims: Mapping[str, Any], name: str, missing: int | None = None) -> int:
    seconds = claims.get(name, missing)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise Unauthorized
    if not 0 <= seconds < MAX_SECONDS:  # 1e999, which JSON allows, and NaN among others
        raise Unauthorized
    return round(seconds * 1000)


def _principal(
    claims: Mapping[str, Any], names: Claims, expires_at: int, issued_at: int
) -> Principal:
    roles, tenant, sid = claims.get(names.roles, []), claims.get("tenant"), claims.get("sid")
    if not isinstance(roles, list) or len(roles) > MAX_ROLES:
        raise Unauthorized
    try:
        return Principal(
            username=Username(parse_segment(claims[names.username], names.username)),
            roles=frozenset(parse_segment(role, "roles") for role in roles),
            tenant=None if tenant is None else parse_segment(tenant, "tenant"),
            token_expires_at=expires_at,
            caps=parse_caps(claims.get("caps") or {}),
            sid=sid if isinstance(sid, str) and 0 < len(sid) <= MAX_SID else None,
            issued_at=issued_at,
        )
    except (Invalid, TypeError) as error:
        raise Unauthorized from error
