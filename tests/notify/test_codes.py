from notify.codes import Code

FROZEN = {
    "PROTOCOL_ERROR": 4000,
    "UNAUTHORIZED": 4001,
    "TOKEN_EXPIRED": 4002,
    "REVOKED": 4003,
    "CONNECTION_LIMIT": 4004,
    "UNSUPPORTED_PROTOCOL": 4008,
    "OVER_CAPACITY": 4100,
    "ROLLOVER": 4200,
    "BAD_REQUEST": 4400,
    "REAUTH_REQUIRED": 4401,
    "FORBIDDEN_TOPIC": 4403,
    "UNKNOWN": 4404,
    "CONFLICT": 4409,
    "UNRECOVERABLE_POSITION": 4410,
    "PAYLOAD_TOO_LARGE": 4413,
    "INVALID": 4422,
    "RATE_LIMITED": 4429,
    "INTERNAL": 4500,
    "UNAVAILABLE": 4503,
}


def test_numbers_and_names_are_frozen() -> None:
    assert {name: int(code) for name, code in Code.__members__.items()} == FROZEN


def test_codes_below_4400_are_fatal() -> None:
    assert {int(code) for code in Code if code.fatal} == {
        4000, 4001, 4002, 4003, 4004, 4008, 4100, 4200,
    }  # fmt: skip


def test_only_what_may_succeed_later_is_temporary() -> None:
    assert {int(code) for code in Code if code.temporary} == {4100, 4200, 4429, 4500, 4503}
