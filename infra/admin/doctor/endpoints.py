"""Whether the APIs answer, as a stranger sees them."""

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import connect

from infra.admin.doctor.findings import Finding, fail, ok, warn
from infra.admin.doctor.patient import Patient
from notify.codes import Code

TIMEOUT_SECONDS = 10
NO_TOKEN = "from-the-doctor"  # noqa: S105  (it is to be refused)
# As osls names them.
HTTP_OUTPUT, WEBSOCKET_OUTPUT = "HttpApiUrl", "ServiceEndpointWebsocket"


def look_at_http(patient: Patient) -> Iterator[Finding]:
    base = patient.url or patient.output(HTTP_OUTPUT)
    if base is None:
        yield warn("http", f"could not check: the stack has no output {HTTP_OUTPUT}", "give --url")
        return
    url = f"{base.rstrip('/')}/api/v1/healthz"
    try:
        status = httpx.get(url, timeout=TIMEOUT_SECONDS).status_code
    except httpx.HTTPError as error:
        yield fail(
            "http", f"{url} cannot be reached: {_say(error)}", "if it is another one, give --url"
        )
        return
    if status == httpx.codes.OK:
        yield ok("http", f"{url} answers")
    elif status == httpx.codes.SERVICE_UNAVAILABLE:
        yield fail("http", f"{url} answers 503", "it cannot read the tables: see its log")
    else:
        yield fail("http", f"{url} answers {status}", f"see the log of {patient.named('health')}")


def look_at_websocket(patient: Patient) -> Iterator[Finding]:
    """A bad token is to be refused: with 401, or by a frame with 4001 (WS_REFUSAL)."""
    url = (
        patient.websocket_url
        or patient.environment.get("WEBSOCKET_URL")
        or patient.output(WEBSOCKET_OUTPUT)
    )
    if not url:
        advice = "give --websocket-url"
        yield warn("websocket", f"could not check: no output {WEBSOCKET_OUTPUT}", advice)
        return
    shown = urlsplit(url)._replace(query="").geturl()
    try:
        refusal = _knock(f"{url}?token={NO_TOKEN}")
    except (OSError, InvalidHandshake, ConnectionClosed) as error:
        advice = f"see the log of {patient.named('connect')}; another address: --websocket-url"
        yield fail("websocket", f"{shown} does not open: {_say(error)}", advice)
        return
    if refusal in (f"HTTP {httpx.codes.UNAUTHORIZED}", f"{Code.UNAUTHORIZED:d}"):
        yield ok("websocket", f"{shown} refuses a bad token with {refusal}")
    else:
        advice = f"see the logs of {patient.named('connect')} and {patient.named('refuse')}"
        yield fail("websocket", f"{shown} answers a bad token with {refusal}", advice)


def _knock(url: str) -> str:
    """How the bearer of no good token is refused. Raises: as `connect` and `recv` do."""
    try:
        with connect(url, open_timeout=TIMEOUT_SECONDS, close_timeout=1) as connection:
            frame = json.loads(connection.recv(timeout=TIMEOUT_SECONDS))
            return str(frame.get("code", "a frame without a code"))
    except InvalidStatus as error:
        return f"HTTP {error.response.status_code}"
    except TimeoutError:
        return f"nothing for {TIMEOUT_SECONDS} s"
    except (ValueError, AttributeError):
        return "a frame that is no JSON object"


def _say(error: Exception) -> str:
    return str(error) or type(error).__name__
