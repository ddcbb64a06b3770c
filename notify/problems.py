"""A refusal, as RFC 9457 draws it."""

from msgspec import Struct

from notify.errors import HeliographError

TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    410: "Gone",
    413: "Content Too Large",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class Problem(Struct, frozen=True):
    """A refusal as RFC 9457 draws it; `detail` is a string, as the first clients expect."""

    title: str
    status: int
    detail: str
    code: int
    request_id: str
    type: str = "about:blank"


def problem(error: HeliographError, request_id: str) -> Problem:
    status = error.status
    return Problem(TITLES[status], status, error.message, int(error.code), request_id)
