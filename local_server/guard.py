"""Who may use /_local/: whoever sits at this machine, and no page of another site."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from local_server.requests import Request


class BadControl(Exception):
    """`status` and why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def check(request: Request) -> None:
    """Raises BadControl."""
    _check_host(request)
    _check_origin(request)
    if request.method == "POST" and _kind(request) != "application/json":
        raise BadControl(415, "Content-Type: application/json is expected")


def _check_host(request: Request) -> None:
    """A site may make its own name lead to this machine, and then its pages are no other site's. An
    address is nobody's to lead anywhere."""
    host = urlsplit(f"//{request.host}").hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return
    try:
        ip_address(host)
    except ValueError as error:
        raise BadControl(403, "only under an address or localhost") from error


def _check_origin(request: Request) -> None:
    """A page of another site must not move the clock of whoever looks at it. Browsers say where a
    request comes from; a form and an image of another site have no Origin, but a Sec-Fetch-Site."""
    origin = request.header("origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise BadControl(403, f"not from a page of {origin}")
    if request.header("sec-fetch-site") not in (None, "none", "same-origin"):
        raise BadControl(403, "not from a page of another site")


def _kind(request: Request) -> str:
    return (request.header("content-type") or "").split(";")[0].strip().lower()
