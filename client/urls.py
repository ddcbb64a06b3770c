"""Where the service is."""

import ipaddress
from urllib.parse import urlsplit, urlunsplit

import httpx

WEBSOCKET_PATH = "/api/v1/ws/realtime"


def checked_base_url(url: str) -> str:
    """Without a trailing slash. Raises: ValueError."""
    return _checked(url, "http").rstrip("/")


def checked_websocket_url(url: str) -> str:
    """Raises: ValueError."""
    return _checked(url, "ws")


def websocket_url(base_url: str) -> str:
    """Where the WebSocket of the HTTP API at `base_url` is."""
    parts = urlsplit(base_url)
    scheme = "wss" if parts.scheme == "https" else "ws"
    path = parts.path.rstrip("/") + WEBSOCKET_PATH
    return urlunsplit((scheme, parts.netloc, path, "", ""))


def is_loopback(url: str) -> bool:
    """Whether the host is this computer."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _checked(url: str, scheme: str) -> str:
    try:
        parts = urlsplit(url)
        complete = parts.hostname and (parts.port or True)  # An odd port raises when it is read.
        _ = httpx.URL(url).host  # So does a name that is none in the DNS.
    except (ValueError, httpx.InvalidURL):
        complete = False
    # A fragment goes nowhere, and what is added to the URL would be a part of it.
    if not complete or "#" in url or parts.scheme not in (scheme, scheme + "s"):
        raise ValueError(f"not a URL such as {scheme}s://example.com: {url}")
    return url
