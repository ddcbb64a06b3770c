import pytest

from notify.codes import Code
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


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        (BadRequest, 4400, 400),
        (Forbidden, 4403, 403),
        (Unknown, 4404, 404),
        (Conflict, 4409, 409),
        (PayloadTooLarge, 4413, 413),
        (Invalid, 4422, 422),
        (Unavailable, 4503, 503),
        (HeliographError, 4500, 500),
        (UnsupportedProtocol, 4008, 401),
    ],
)
def test_each_error_has_a_code_and_the_status_of_it(
    kind: type[HeliographError], code: int, status: int
) -> None:
    error = kind("why")
    assert (error.code, error.status, error.message) == (code, status, "why")


def test_every_reason_for_being_unauthorized_has_the_same_text() -> None:
    error = Unauthorized()
    assert (error.code, error.status) == (Code.UNAUTHORIZED, 401)
    assert error.message == "Authentication failed"


def test_an_expired_token_is_unauthorized_with_a_code_of_its_own() -> None:
    error = TokenExpired()
    assert isinstance(error, Unauthorized)
    assert (error.code, error.status) == (Code.TOKEN_EXPIRED, 401)
