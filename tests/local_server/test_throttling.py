"""Token buckets: how many at once, how fast again."""

import pytest

from local_server.clock import Milliseconds
from local_server.throttling import Bucket, Limits, StageThrottle, Throttle

NOW = Milliseconds(1_700_000_000_000)


def admitted(bucket: Bucket, times: int, now: int) -> int:
    return sum(bucket.take(Milliseconds(now)) for _ in range(times))


def test_a_bucket_admits_its_burst_and_then_its_rate() -> None:
    bucket = Bucket(10, 5)
    assert admitted(bucket, 20, NOW) == 5
    assert admitted(bucket, 20, NOW + 300) == 3
    assert admitted(bucket, 20, NOW + 60_000) == 5


def test_a_clock_that_went_back_costs_nothing() -> None:
    bucket = Bucket(10, 2)
    bucket.take(NOW)
    assert bucket.take(Milliseconds(NOW - 5000))


def test_the_defaults_are_the_accounts_quotas__1_4_1__1_4_3() -> None:
    upgrades, messages = Throttle(Limits()), Throttle(Limits())
    assert sum(upgrades.admits_upgrade(NOW) for _ in range(2000)) == 500
    assert sum(messages.admits_message(NOW, "m") for _ in range(20_000)) == 5000


def test_all_kinds_of_calls_share_the_accounts_quota__4_17() -> None:
    throttle = Throttle(Limits(requests_per_s=1, burst=3))
    assert throttle.admits_request(NOW)
    assert throttle.admits_message(NOW, "m")
    assert throttle.admits_upgrade(NOW)
    assert not throttle.admits_request(NOW)
    assert not throttle.admits_message(NOW, "m")
    assert not throttle.admits_upgrade(NOW)


def test_a_stage_of_zeros_refuses_everything_but_connections_calls__1_3_11() -> None:
    throttle = Throttle(Limits(), StageThrottle(0, 0))
    assert not throttle.admits_upgrade(NOW)
    assert not throttle.admits_message(NOW, "m")
    assert throttle.admits_request(NOW)


def test_a_route_with_settings_of_its_own_leaves_the_stages_alone() -> None:
    throttle = Throttle(Limits(), StageThrottle(1, 1), {"busy": StageThrottle(1, 3)})
    assert [throttle.admits_message(NOW, "busy") for _ in range(4)] == [True, True, True, False]
    assert [throttle.admits_message(NOW, "other") for _ in range(2)] == [True, False]


def test_limits_can_be_lifted() -> None:
    throttle = Throttle(Limits(requests_per_s=None, connects_per_s=None))
    assert all(throttle.admits_upgrade(NOW) for _ in range(20_000))
    assert throttle.of_connection() is None


@pytest.mark.parametrize(("rate", "at_once"), [(0.5, 1), (1, 1), (7, 7)])
def test_a_seconds_worth_of_upgrades_comes_in_at_once_but_one_at_least(
    rate: float, at_once: int
) -> None:
    throttle = Throttle(Limits(connects_per_s=rate))
    assert sum(throttle.admits_upgrade(NOW) for _ in range(20)) == at_once
    assert throttle.admits_upgrade(Milliseconds(NOW + 2000))


@pytest.mark.parametrize(("rate", "at_once"), [(0.5, 1), (1, 1), (7, 7)])
def test_a_connection_has_a_seconds_worth_of_messages(rate: float, at_once: int) -> None:
    bucket = Throttle(Limits(messages_per_s_per_connection=rate)).of_connection()
    assert bucket is not None
    assert admitted(bucket, 20, NOW) == at_once
