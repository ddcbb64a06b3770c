import dataclasses

import pytest

from client.frames import ConnectionId, ErrorFrame, RequestId, Welcome

WELCOME = Welcome(RequestId("1"), ConnectionId("c-1"), "alice", (), 540_000, None, None, ())


@pytest.mark.parametrize(
    ("milliseconds", "seconds"), [(540_000, 540), (0, None), (-1, None), (None, None)]
)
def test_no_interval_means_no_pings(milliseconds: int | None, seconds: float | None) -> None:
    welcome = dataclasses.replace(WELCOME, ping_interval_ms=milliseconds)

    assert welcome.ping_interval == seconds


def test_an_error_frame_becomes_an_error_with_all_it_says() -> None:
    frame = ErrorFrame(RequestId("2"), 4429, "rate_limited", "slow down", "a", True, 500, 0, False)

    error = frame.as_error()

    assert str(error) == "4429 rate_limited: slow down"
    assert (error.topic, error.temporary, error.retry_after_ms) == ("a", True, 500)
