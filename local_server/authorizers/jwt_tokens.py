"""A JSON Web Token: which key has signed it, and what it claims."""

import json
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from local_server.authorizers.jwt_claims import InvalidToken

ALGORITHMS = ("RS256", "RS384", "RS512")
_MALFORMED = "the token is malformed"


def bearer(value: str) -> str:
    """The token alone; the identity source may hold it with or without the scheme."""
    scheme, _, rest = value.strip().partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else value.strip()


def key_id_of(token: str) -> str:
    """Raises InvalidToken."""
    if token.count(".") != 2:
        # Recorded with a token that was no token at all.
        raise InvalidToken("token contains an invalid number of segments")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise InvalidToken(_MALFORMED) from error
    if header.get("alg") not in ALGORITHMS:
        raise InvalidToken("signing method is invalid")
    key_id = header.get("kid")
    if not isinstance(key_id, str):
        raise InvalidToken("the token does not name its key")
    return key_id


def claims_of(token: str, key: RSAPublicKey) -> dict[str, Any]:
    """What the key has signed. Raises InvalidToken."""
    try:
        # Not jwt.decode: the time is the emulator's, and the claims are checked in AWS's order.
        signed = jwt.PyJWS().decode_complete(token, key, algorithms=list(ALGORITHMS))
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise InvalidToken("the signature is invalid") from error
    try:
        claims = json.loads(signed["payload"])
    except (ValueError, RecursionError) as error:
        raise InvalidToken(_MALFORMED) from error
    if not isinstance(claims, dict):
        raise InvalidToken(_MALFORMED)
    return claims
