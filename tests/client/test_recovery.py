import pytest

from client.backoff import Backoff
from client.errors import (
    ApiError,
    ConnectionLost,
    HeliographError,
    NoAnswer,
    ProtocolError,
    Refused,
    RequestRefused,
    Unreachable,
)
from client.recovery import Recovery


def recovery(*, renewable: bool = True, patient: bool = True) -> Recovery:
    return Recovery(Backoff(lambda: 1.0), renewable=renewable, patient=patient)


TEMPORARY = [
    ConnectionLost("broken"),
    NoAnswer("late"),
    Unreachable("ws://x", "connection refused"),
    ApiError(503, "busy"),
    RequestRefused(4503, "busy", temporary=True),
    Refused(4100, "full"),
]
FINAL = [
    ProtocolError("not a WebSocket"),
    ApiError(401, "Authentication failed"),
    RequestRefused(4400, "bad hello"),
    Refused(4000, "protocol_error"),
    Refused(4003, "the login has ended"),
    Refused(4004, "too many connections"),
    Refused(4008, "protocol 1 is spoken here"),
    Refused(4404, "HTTP 404 instead of an upgrade"),
    Refused(4200, "stay away", reconnect=False),
]


@pytest.mark.parametrize("error", TEMPORARY, ids=str)
def test_temporary_troubles_back_off_further_each_time(error: HeliographError) -> None:
    tries = recovery()

    assert [tries.delay_after(error, None) for _ in range(4)] == [1, 2, 4, 8]


@pytest.mark.parametrize("error", FINAL, ids=str)
def test_final_errors_are_raised(error: HeliographError) -> None:
    with pytest.raises(type(error)) as raised:
        recovery().delay_after(error, 10)

    assert raised.value is error


@pytest.mark.parametrize("code", [4001, 4002])
def test_a_refused_token_is_replaced_once(code: int) -> None:
    tries = recovery()

    assert tries.delay_after(Refused(code, "no"), None) == 0
    with pytest.raises(Refused):
        tries.delay_after(Refused(code, "no"), 5)


def test_a_token_that_cannot_be_replaced_is_refused_for_good() -> None:
    with pytest.raises(Refused):
        recovery(renewable=False).delay_after(Refused(4001, "no"), None)


def test_a_stable_connection_allows_another_new_token() -> None:
    tries = recovery()
    tries.delay_after(Refused(4002, "expired"), None)

    assert tries.delay_after(Refused(4002, "expired"), 30) == 0


def test_a_rollover_reconnects_at_once_after_what_the_server_asks() -> None:
    assert recovery().delay_after(Refused(4200, "rollover", after_ms=250), 5) == 0.25


def test_a_rollover_right_after_a_rollover_backs_off() -> None:
    tries = recovery()
    tries.delay_after(Refused(4200, "rollover"), 5)

    assert tries.delay_after(Refused(4200, "rollover", after_ms=250), 5) == 1.25


def test_over_capacity_waits_what_the_server_asks_and_backs_off() -> None:
    assert recovery().delay_after(Refused(4100, "full", after_ms=5000), None) == 6


def test_a_stable_connection_resets_the_back_off() -> None:
    tries = recovery()
    for _ in range(5):
        tries.delay_after(ConnectionLost("broken"), None)

    assert tries.delay_after(ConnectionLost("broken"), 30) == 1


def test_an_unstable_connection_does_not_reset_the_back_off() -> None:
    tries = recovery()
    tries.delay_after(ConnectionLost("broken"), None)

    assert tries.delay_after(ConnectionLost("broken"), 29.9) == 2


def test_a_named_delay_is_kept() -> None:
    limited = ApiError(429, "slow down", retry_after=30)

    assert recovery().delay_after(limited, None) == 30


def test_the_impatient_give_up_if_the_first_try_fails() -> None:
    with pytest.raises(Unreachable):
        recovery(patient=False).delay_after(Unreachable("ws://x", "refused"), None)


def test_the_impatient_are_patient_once_they_were_connected() -> None:
    tries = recovery(patient=False)
    tries.delay_after(ConnectionLost("broken"), 1)

    assert tries.delay_after(Unreachable("ws://x", "refused"), None) == 2
