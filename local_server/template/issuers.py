"""Which addresses of an identity provider are asked for keys."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_fetchable(url: str) -> bool:
    """https; plain http on this machine alone, so that a test can run an issuer of its own."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    if not host:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
