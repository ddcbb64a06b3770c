"""A token's claims: whether they hold now, and how API Gateway hands them on."""

import json
from collections.abc import Mapping
from typing import Any

from local_server.clock import Milliseconds
from local_server.template import JwtAuthorizer

Claims = Mapping[str, Any]


class InvalidToken(Exception):
    """Its text is the error_description, AWS's own words where somebody has seen them."""


def check_claims(claims: Claims, authorizer: JwtAuthorizer, now: Milliseconds) -> None:
    """Raises InvalidToken.

    docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
    """
    if claims.get("iss") != authorizer.issuer:
        raise InvalidToken("issuer does not match")
    if not set(_audience(claims)) & set(authorizer.audience):
        raise InvalidToken("the token does not have a valid audience")
    seconds = now / 1000
    if not _number(claims, "exp", 0) > seconds:
        raise InvalidToken("the token has expired")
    if not _number(claims, "nbf", seconds) <= seconds:
        raise InvalidToken("the token is not valid yet")
    if not _number(claims, "iat", seconds) <= seconds:
        raise InvalidToken("the token was issued in the future")


def _audience(claims: Claims) -> list[str]:
    """`client_id` counts where there is no `aud`: Cognito's access tokens have none."""
    audience = claims.get("aud")
    if audience is None:
        audience = claims.get("client_id")
    values = audience if isinstance(audience, list) else [audience]
    return [value for value in values if isinstance(value, str)]


def _number(claims: Claims, name: str, default: float) -> float:
    value = claims.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidToken(f"{name} is no number")
    return value


def scopes_of(claims: Claims) -> list[str]:
    """`scp` first, else `scope`; a list, or a text of words."""
    value = claims["scp"] if "scp" in claims else claims.get("scope")
    if isinstance(value, str):
        return value.split()
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def claims_as_texts(claims: Claims) -> dict[str, str]:
    """Every claim is text in the event, and null is left out (measured: floci-io/floci#2011)."""
    return {name: _text(value) for name, value in claims.items() if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + " ".join(_text(item) for item in value) + "]"
    if isinstance(value, dict) or value is None:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return str(value)
