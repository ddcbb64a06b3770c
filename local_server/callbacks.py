"""Inside a worker: posts that a handler addresses to its API in the cloud reach the emulator.

Deployed code builds `https://{domainName}/{stage}` from an event, as AWS's documentation shows
(developer guide, apigateway-how-to-call-websocket-api-connections), or the execute-api host from
an id. Here neither speaks TLS, so the address is exchanged below every boto3 client.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

CONNECTIONS = re.compile(r"/(?:@|%40)connections/")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def redirected(url: str, origin: str, api_host: str) -> str:
    """`url` at our `origin` if it addresses @connections of this service, else as it is."""
    parts, here = urlsplit(url), urlsplit(origin)
    if not CONNECTIONS.search(parts.path):
        return url
    is_ours = parts.hostname in LOOPBACK and parts.port == here.port
    if not is_ours and parts.hostname != api_host:
        return url
    return urlunsplit((here.scheme, here.netloc, parts.path, parts.query, ""))


def redirect(origin: str, api_host: str) -> None:
    """Does so for every request of botocore in this process, if botocore is there at all."""
    try:
        from botocore.httpsession import URLLib3Session
    except ImportError:
        return
    send: Callable[[Any, Any], Any] = URLLib3Session.send

    def send_redirected(session: Any, request: Any) -> Any:
        request.url = redirected(request.url, origin, api_host)
        return send(session, request)

    URLLib3Session.send = send_redirected
