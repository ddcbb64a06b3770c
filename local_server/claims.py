"""What a signed request claims: whose key signed what, and when. Read here, not yet believed."""

import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import mktime_tz, parsedate_tz
from urllib.parse import unquote

from botocore.auth import SIGV4_TIMESTAMP

from local_server.refusals import incomplete_signature, missing_token
from local_server.requests import Request

ALGORITHM = "AWS4-HMAC-SHA256"
_LONGEST_S = 7 * 24 * 60 * 60
_LIFETIME = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True)
class Scope:
    """What a signing key is good for: a day, a region, a service."""

    date: str
    region: str
    service: str
    terminator: str


@dataclass(frozen=True)
class Claims:
    """What a request claims: whose key signed which of its headers, and when.

    `lifetime_s` is a presigned URL's own.
    """

    access_key: str
    scope: Scope
    timestamp: str
    headers: tuple[str, ...]
    digest: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    lifetime_s: int | None = None


def read_claims(request: Request) -> Claims:
    """From the Authorization header or from the query of a presigned URL. Raises Refusal."""
    if authorization := request.header("authorization"):
        return _from_header(request, authorization)
    query = dict(query_pairs(request))
    if "X-Amz-Algorithm" in query or "X-Amz-Signature" in query:
        return _from_query(query)
    raise missing_token()


# Where it stands


def _from_header(request: Request, authorization: str) -> Claims:
    algorithm, _, rest = authorization.strip().partition(" ")
    pairs = (part.strip().partition("=") for part in rest.split(","))
    given = {name: value for name, _, value in pairs} if algorithm == ALGORITHM else {}
    timestamp = _timestamp(request)
    wanted = ("Credential", "Signature", "SignedHeaders")
    missing = [
        f"Authorization header requires '{name}' parameter."
        for name in wanted
        if not given.get(name)
    ]
    if not timestamp:
        missing.append(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        )
    if missing:
        # AWS repeats the header here. It may be somebody's token, and handlers log such errors.
        raise incomplete_signature(" ".join(missing))
    access_key, scope = _credential(given["Credential"])
    return Claims(
        access_key=access_key,
        scope=scope,
        timestamp=timestamp,
        headers=_names(given["SignedHeaders"]),
        digest=given["Signature"],
        token=request.header("x-amz-security-token"),
    )


def _timestamp(request: Request) -> str:
    """X-Amz-Date, or Date in either notation."""
    text = request.header("x-amz-date") or request.header("date") or ""
    parsed = parsedate_tz(text)
    with suppress(ValueError, OverflowError):
        return timestamp_of(mktime_tz(parsed)) if parsed else text
    return text


def _from_query(query: Mapping[str, str]) -> Claims:
    wanted = ("Algorithm", "Credential", "Date", "Signature", "SignedHeaders")
    missing = [
        f"AWS query-string parameters must include 'X-Amz-{name}'."
        for name in wanted
        if not query.get(f"X-Amz-{name}")
    ]
    if missing:
        text = " ".join([*missing, "Re-examine the query-string parameters."])
        raise incomplete_signature(text)
    if (algorithm := query["X-Amz-Algorithm"]) != ALGORITHM:
        raise incomplete_signature(f"Unsupported AWS 'algorithm': '{algorithm}'.")
    access_key, scope = _credential(query["X-Amz-Credential"])
    return Claims(
        access_key=access_key,
        scope=scope,
        timestamp=query["X-Amz-Date"],
        headers=_names(query["X-Amz-SignedHeaders"]),
        digest=query["X-Amz-Signature"],
        token=query.get("X-Amz-Security-Token"),
        lifetime_s=_lifetime(query),
    )


def query_pairs(request: Request) -> list[tuple[str, str]]:
    """Unlike in a form a plus sign is one: a token may hold it."""
    pairs = (pair.partition("=") for pair in request.query.split("&") if pair)
    return [(unquote(name), unquote(value)) for name, _, value in pairs]


def _lifetime(query: Mapping[str, str]) -> int | None:
    text = query.get("X-Amz-Expires")
    if text is None:
        return None
    if not _LIFETIME.fullmatch(text) or int(text) > _LONGEST_S:
        raise incomplete_signature(f"X-Amz-Expires must be a number up to {_LONGEST_S}")
    return int(text)


def _credential(text: str) -> tuple[str, Scope]:
    parts = text.split("/")
    if len(parts) != 5:
        raise incomplete_signature(
            "Credential must have exactly 5 slash-delimited elements, "
            f"e.g. keyid/date/region/service/term, got '{text}'"
        )
    return parts[0], Scope(*parts[1:])


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.lower() for name in text.split(";"))


def timestamp_of(second: int) -> str:
    return time.strftime(SIGV4_TIMESTAMP, time.gmtime(second))
