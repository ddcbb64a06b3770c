import pytest

from notify.model import Pattern, Username
from notify.pacing import Pace
from notify.parts import BroadcastJob


def job(max_rate: int | None = None, parts: int | None = 100) -> BroadcastJob:
    name, pattern = Username("root"), Pattern("*")
    return BroadcastJob("bc_1", name, pattern, "ntf_1", 0, max_rate, 0, 0, parts=parts)


@pytest.mark.parametrize("max_rate", [None, 5000])
def test_all_workers_together_keep_to_the_pace_of_the_service(max_rate: int | None) -> None:
    assert Pace(2000, 10).share(job(max_rate)) * 10 == 2000


@pytest.mark.parametrize(("parts", "at_once"), [(1, 1), (4, 4), (10, 10), (500, 10), (None, 1)])
def test_the_workers_of_a_broadcast_keep_to_its_rate(parts: int | None, at_once: int) -> None:
    assert Pace(2000, 10).share(job(100, parts)) * at_once == 100


@pytest.mark.parametrize(("max_rate", "size"), [(None, 100), (1000, 100), (50, 5), (10, 1), (1, 1)])
def test_a_page_of_a_slow_broadcast_is_small(max_rate: int | None, size: int) -> None:
    assert Pace(2000, 10).page_size(job(max_rate), 100) == size


@pytest.mark.parametrize(
    ("recipients", "max_rate", "seconds"),
    [(0, None, 1), (2000, None, 1), (2001, None, 2), (1_000_000, None, 500), (100, 3, 34)],
)
def test_how_long_it_takes_is_estimated(
    recipients: int, max_rate: int | None, seconds: int
) -> None:
    assert Pace(2000, 10).seconds(recipients, max_rate) == seconds
