"""Inside a worker: posts that a handler addresses to its API in the cloud reach the emulator.

Deployed code builds `https://{domainName}/{stage}` from an event, as AWS's documentation shows
(developer guide, apigateway-how-to-call-websocket-api-connections), or the execute-api host from
an id, or it names a domain of its own. Here none of them speaks TLS, so the address is exchanged
below every boto3 client and below requests. The Host header stays the one that was signed.
"""

import importlib
import re
from collections.abc import Callable, Collection
from contextlib import ExitStack, suppress
from typing import Any
from urllib.parse import urlsplit, urlunsplit

CONNECTIONS = re.compile(r"/(?:@|%40)connections/")
# The classes through which the libraries send whatever was signed.
_SENDERS = (("botocore.httpsession", "URLLib3Session"), ("requests.adapters", "HTTPAdapter"))


def redirected(url: str, origin: str, api_hosts: Collection[str]) -> str:
    """`url` at our `origin` if it addresses @connections of this service, else as it is."""
    parts, here = urlsplit(url), urlsplit(origin)
    if not CONNECTIONS.search(parts.path):
        return url
    # Clients elsewhere know this machine by other names; its port is the same everywhere.
    if parts.port != here.port and parts.hostname not in api_hosts:
        return url
    return urlunsplit((here.scheme, here.netloc, parts.path, parts.query, ""))


def redirect(origin: str, api_hosts: Collection[str]) -> Callable[[], None]:
    """Does so for every request of botocore and requests in this process, if they are there.
    Returns what undoes it.
    """

    def exchange(request: Any) -> None:
        there = redirected(request.url, origin, api_hosts)
        if there != request.url:
            request.headers.setdefault("Host", _host(request.url))
            request.url = there

    undo = ExitStack()
    for module, name in _SENDERS:
        with suppress(ImportError):
            sender = getattr(importlib.import_module(module), name)
            undo.callback(setattr, sender, "send", sender.send)
            _put_before(sender, exchange)
    return undo.close


def _put_before(sender: Any, exchange: Callable[[Any], None]) -> None:
    send = sender.send

    def send_exchanged(self: Any, request: Any, *args: Any, **keywords: Any) -> Any:
        exchange(request)
        return send(self, request, *args, **keywords)

    sender.send = send_exchanged


def _host(url: str) -> str:
    """As signers write it: without the port that goes without saying."""
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}[parts.scheme]
    host = parts.netloc.rpartition("@")[2].lower()
    return host.removesuffix(f":{usual}")
