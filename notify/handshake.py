"""How a client offers its token when it connects, and which sub-protocol it then speaks."""

from collections.abc import Mapping

from msgspec import Struct

SUBPROTOCOL = "heliograph.v1"
TOKEN_PROTOCOL = "token."  # noqa: S105  (a prefix, not a token)


class Offer(Struct, frozen=True):
    """`subprotocol` must be echoed: a browser gives up a connection whose offer is not answered."""

    token: str | None
    subprotocol: str | None


def read_offer(query: Mapping[str, str], headers: Mapping[str, str]) -> Offer:
    """The token from `?token=`, else `Authorization: Bearer`, else a sub-protocol `token.<jwt>`.

    Header names count in any case: what the client sent is what arrives.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    offered = [name.strip() for name in lower.get("sec-websocket-protocol", "").split(",")]
    token = query.get("token") or bearer_token(lower) or _token_among(offered)
    return Offer(token, SUBPROTOCOL if SUBPROTOCOL in offered else None)


def bearer_token(lower_headers: Mapping[str, str]) -> str | None:
    """The credentials of `authorization: Bearer …`; the scheme in any case (RFC 9110, 11.1)."""
    scheme, _, credentials = lower_headers.get("authorization", "").partition(" ")
    return credentials.strip() or None if scheme.lower() == "bearer" else None


def _token_among(protocols: list[str]) -> str | None:
    for name in protocols:
        if name.startswith(TOKEN_PROTOCOL):
            return name.removeprefix(TOKEN_PROTOCOL) or None
    return None
