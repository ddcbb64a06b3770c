"""Opening the socket: where the token travels, and what a failed upgrade means."""

import logging
from typing import Literal

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from .errors import ConnectionLost, HeliographError, ProtocolError, Refused, Unreachable

TokenIn = Literal["query", "subprotocol", "header"]

SUBPROTOCOL = "heliograph.v1"
# API Gateway answers an upgrade within 29 s or not at all.
OPEN_TIMEOUT = 30.0
# A server that speaks no TLS may wait for the rest of our first words.
TLS_TIMEOUT = 5.0
CLOSE_TIMEOUT = 2.0
# At DEBUG, websockets writes the request line, and with it the token.
WIRE_LOG = logging.getLogger(f"{__package__}.websockets")
WIRE_LOG.setLevel(logging.INFO)


async def open_socket(url: str, token: str, token_in: TokenIn) -> ClientConnection:
    """Raises: Refused, ConnectionLost, Unreachable, ProtocolError."""
    shown = url.partition("?")[0]
    subprotocols, headers = None, None
    if token_in == "query":  # noqa: S105
        url = str(httpx.URL(url).copy_merge_params({"token": token}))
    elif token_in == "subprotocol":  # noqa: S105
        subprotocols = [Subprotocol(SUBPROTOCOL), Subprotocol(f"token.{token}")]
    else:
        headers = {"Authorization": f"Bearer {token}"}
    try:
        return await connect(
            url,
            subprotocols=subprotocols,
            additional_headers=headers,
            # What API Gateway does with either is not documented; our own pings are messages.
            compression=None,
            ping_interval=None,
            open_timeout=OPEN_TIMEOUT,
            ssl_handshake_timeout=TLS_TIMEOUT if url.startswith("wss:") else None,
            close_timeout=CLOSE_TIMEOUT,
            logger=WIRE_LOG,
        )
    except InvalidStatus as error:
        raise refusal(error.response.status_code) from error
    except InvalidHandshake as error:
        if isinstance(error.__cause__, EOFError):
            raise ConnectionLost("the socket closed before the upgrade was answered") from error
        raise ProtocolError(f"no WebSocket at {shown}: {error}") from error
    except WebSocketException as error:
        # InvalidURI shows the whole URL, and the token with it: not even as a cause.
        raise ProtocolError(f"no WebSocket at {shown}: {type(error).__name__}") from None
    except OSError as error:  # TimeoutError is one.
        raise Unreachable(shown, reason(error)) from error


def refusal(status: int) -> HeliographError:
    """What the HTTP status of a failed upgrade means in codes of protocol §3."""
    if status in (401, 403):
        return Refused(4001, "Authentication failed")
    if status in (408, 429) or status >= 500:
        return ConnectionLost(f"HTTP {status} instead of an upgrade")
    return Refused(4000 + status, f"HTTP {status} instead of an upgrade: is this the right URL?")


def reason(error: OSError) -> str:
    """`connection refused` for `[Errno 111] Connect call failed ('127.0.0.1', 3001)`."""
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, TimeoutError):
        return f"no answer within {OPEN_TIMEOUT:g} s"
    return error.strerror or str(error) or type(error).__name__
