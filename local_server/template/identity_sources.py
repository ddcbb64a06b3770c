"""Identity sources: `route.request.header.X` of a WebSocket API, `$request.header.X` of HTTP."""

import re
from collections.abc import Iterable

from local_server.template.fields import Fields
from local_server.template.model import IdentitySource, SourceKind

_WEBSOCKET = re.compile(
    r"(?:route\.request\.(?P<request>header|querystring)|(?P<gateway>stageVariables|context))"
    r"\.(?P<name>[^\s,]+)"
)
_HTTP = re.compile(
    r"\$(?:request\.(?P<request>header|querystring)|(?P<gateway>stageVariables|context))"
    r"\.(?P<name>[^\s,]+)"
)
_BOTH = frozenset(
    {
        "apiId",
        "domainName",
        "extendedRequestId",
        "identity.sourceIp",
        "identity.userAgent",
        "requestId",
        "requestTime",
        "requestTimeEpoch",
        "routeKey",
        "stage",
    }
)
WEBSOCKET_CONTEXT = _BOTH | {"connectedAt", "connectionId", "eventType", "messageDirection"}
HTTP_CONTEXT = _BOTH | {"accountId", "domainPrefix", "httpMethod", "path", "protocol"}


def read_websocket_sources(fields: Fields, texts: Iterable[str]) -> tuple[IdentitySource, ...]:
    """Raises TemplateError."""
    return tuple(_source(fields, text, _WEBSOCKET, WEBSOCKET_CONTEXT) for text in texts)


def read_http_sources(fields: Fields, texts: Iterable[str]) -> tuple[IdentitySource, ...]:
    """Raises TemplateError."""
    return tuple(_source(fields, text, _HTTP, HTTP_CONTEXT) for text in texts)


def _source(
    fields: Fields, text: str, pattern: re.Pattern[str], variables: frozenset[str]
) -> IdentitySource:
    match = pattern.fullmatch(text)
    if match is None:
        fields.refuse("identitySource", f"not an identity source of this kind of API: {text}")
    kind = SourceKind(match["request"] or match["gateway"])
    if kind is SourceKind.CONTEXT and match["name"] not in variables:
        fields.refuse("identitySource", f"the context variable {match['name']} is not emulated")
    return IdentitySource(kind, match["name"])
