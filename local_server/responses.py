"""From what a Lambda function returned to the HTTP response a client gets."""

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from typing import Any

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Response:
    status: int
    body: bytes = b""
    headers: Headers = field(default=())

    def plus(self, headers: Headers) -> "Response":
        """With `headers` in the place of those of the same names."""
        names = {name.lower() for name, _ in headers}
        kept = tuple(header for header in self.headers if header[0].lower() not in names)
        return Response(self.status, self.body, kept + headers)


class Malformed(Exception):
    """The function's result is no proxy response: the client gets a 500 or a 502.

    It says why, and shows names of the result but no content.
    """


NO_BASE64 = "body: isBase64Encoded is true, but it is no base64"


def gateway_error(status: int, message: str) -> Response:
    """An error of the gateway itself: no space in its JSON."""
    body = json.dumps({"message": message}, separators=(",", ":")).encode()
    return Response(status, body, (("Content-Type", "application/json"),))


NOT_FOUND = gateway_error(404, "Not Found")
FORBIDDEN = gateway_error(403, "Forbidden")
# HTTP APIs write it with capitals, REST and WebSocket APIs without.
INTERNAL_SERVER_ERROR = gateway_error(500, "Internal Server Error")
# Not 504 (observed: cortexlabs/cortex#1225).
SERVICE_UNAVAILABLE = gateway_error(503, "Service Unavailable")
TOO_MANY_REQUESTS = gateway_error(429, "Too Many Requests")
TOO_LARGE = gateway_error(413, "Request Entity Too Large")


def http_response(payload: str) -> Response:
    """`payload` is the JSON text a function returned. Raises Malformed."""
    result = json.loads(payload)
    if isinstance(result, dict) and "statusCode" in result:
        return proxy_response(result)
    # Not validated: whatever the function returned is the body, and a bare string loses its
    # quotes (aws-lambda-dotnet's snapshots of real APIs, against the words of the guide).
    body = result if isinstance(result, str) else payload
    return Response(200, body.encode("utf-8", "replace"), (("Content-Type", "application/json"),))


def proxy_response(result: dict[str, Any]) -> Response:
    """A result with a statusCode. Raises Malformed."""
    headers = _headers(result.get("headers"))
    if not any(name.lower() == "content-type" for name, _ in headers):
        # Even if the body is JSON (aws-lambda-dotnet's V2_DefaultsToTextPlainContentType).
        headers += (("Content-Type", "text/plain; charset=utf-8"),)
    cookies = _cookies(result.get("cookies"))
    return Response(status(result["statusCode"]), _body(result), headers + cookies)


_STATUS = re.compile(r"[0-9]{3}")


def status(value: Any) -> int:
    """A number or its text; 0 and 200.5 are malformed (V2_HandlesZeroStatusCode)."""
    if isinstance(value, str) and _STATUS.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 200 <= value <= 599:
        expected = "a number from 200 to 599 is expected"
        shown = value if isinstance(value, int | float) else kind_of(value)
        raise Malformed(f"statusCode: {expected}, not {shown}")
    return value


def kind_of(value: Any) -> str:
    """A value of a result, as far as a log may show it: a body may be a one-time code."""
    names = {dict: "a mapping", list: "a list", str: "text", bool: "true or false"}
    kinds = (name for kind, name in names.items() if isinstance(value, kind))
    return next(kinds, "None" if value is None else "a number")


def _headers(value: Any) -> Headers:
    if value is None:
        return ()
    if not isinstance(value, dict):
        raise Malformed(f"headers: a mapping is expected, not {kind_of(value)}")
    pairs = tuple((name, _header_text(name, item)) for name, item in value.items())
    for name, text in pairs:
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(text):
            expected = "a name is a token, and a value one line of UTF-8"
            raise Malformed(f"headers: {expected}; not so {name!r}")
    # The gateway frames the body itself.
    return tuple(pair for pair in pairs if pair[0].lower() not in _OWN)


# A token (RFC 9110, 5.6.2), and what can be written on one line in UTF-8.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[^\r\n\0\ud800-\udfff]*")
_OWN = ("content-length", "transfer-encoding", "connection", "date", "apigw-requestid")


def _header_text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise Malformed(f"headers: {name!r} is text, not {kind_of(value)}")
    return str(value)


def _cookies(value: Any) -> Headers:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise Malformed(f"cookies: a list is expected, not {kind_of(value)}")
    if not all(isinstance(cookie, str) and _VALUE.fullmatch(cookie) for cookie in value):
        raise Malformed("cookies: each is one line of UTF-8")
    return tuple(("Set-Cookie", cookie) for cookie in value)


def _body(result: dict[str, Any]) -> bytes:
    body = body_text(result)
    if not result.get("isBase64Encoded"):
        return body.encode("utf-8", "replace")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed(NO_BASE64) from error


def body_text(result: dict[str, Any]) -> str:
    """As it was returned; none is empty. Raises Malformed."""
    body = result.get("body")
    if body is None:
        return ""
    if not isinstance(body, str):
        expected = "text is expected, such as json.dumps makes"
        raise Malformed(f"body: {expected}, not {kind_of(body)}")
    return body
