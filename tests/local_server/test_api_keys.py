"""Who shows a key that opens the stage, and how often."""

import pytest

from local_server.api_keys import ApiKeys
from local_server.refusals import Refusal
from local_server.template import ApiKey, StageThrottle
from tests.local_server.signing import clock_at

OPEN = ApiKey("one", "one-0123456789abcdefghij", True)
CLOSED = ApiKey("two", "two-0123456789abcdefghij", False)
SLOW = ApiKey("slow", "slow-0123456789abcdefghi", True, StageThrottle(1, 2))


def status(keys: ApiKeys, value: str | None) -> int:
    with pytest.raises(Refusal) as refusal:
        keys.admit(value)
    return refusal.value.response.status


def test_a_usable_key_opens__1_3_10() -> None:
    assert ApiKeys([CLOSED, OPEN], clock_at()).admit(OPEN.value) == OPEN


@pytest.mark.parametrize("value", [None, "", "one", CLOSED.value])
def test_no_other_does__1_3_10(value: str | None) -> None:
    assert status(ApiKeys([OPEN, CLOSED], clock_at()), value) == 403


def test_a_plans_throttle_is_for_each_key__1_3_10() -> None:
    clock = clock_at()
    keys = ApiKeys([OPEN, SLOW], clock)
    for _ in range(2):
        keys.admit(SLOW.value)
    assert status(keys, SLOW.value) == 429
    keys.admit(OPEN.value)
    clock.advance(1)
    keys.admit(SLOW.value)


def test_values_are_not_shown() -> None:
    assert OPEN.value not in repr(OPEN)
