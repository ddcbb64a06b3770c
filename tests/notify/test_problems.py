import json

import msgspec
import pytest

from notify.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    HeliographError,
    Invalid,
    PayloadTooLarge,
    TokenExpired,
    Unauthorized,
    Unavailable,
    Unknown,
    UnsupportedProtocol,
)
from notify.problems import problem


@pytest.mark.parametrize(
    ("error", "status", "title"),
    [
        (BadRequest("why"), 400, "Bad Request"),
        (Unauthorized(), 401, "Unauthorized"),
        (TokenExpired(), 401, "Unauthorized"),
        (UnsupportedProtocol("why"), 401, "Unauthorized"),
        (Forbidden("why"), 403, "Forbidden"),
        (Unknown("why"), 404, "Not Found"),
        (Conflict("why"), 409, "Conflict"),
        (PayloadTooLarge("why"), 413, "Content Too Large"),
        (Invalid("why"), 422, "Unprocessable Content"),
        (HeliographError("why"), 500, "Internal Server Error"),
        (Unavailable("why"), 503, "Service Unavailable"),
    ],
)
def test_every_refusal_is_a_problem_document(
    error: HeliographError, status: int, title: str
) -> None:
    assert json.loads(msgspec.json.encode(problem(error, "r1"))) == {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": error.message,
        "code": int(error.code),
        "request_id": "r1",
    }
