"""Time that runs ahead in a process."""

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from time import time as taken_before

import pytest
from time_machine import escape_hatch

from local_server.travel import Travel, machine_ns

DAY_MS = 24 * 3600 * 1000


@pytest.fixture
def travel() -> Iterator[Travel]:
    travel = Travel()
    yield travel
    travel.end()


def ahead_s() -> float:
    return time.time() - machine_ns() / 1e9


def test_every_way_to_tell_the_time_is_moved(travel: Travel) -> None:
    before = time.time()
    travel.go_ahead(DAY_MS)
    told = [
        time.time(),
        taken_before(),
        time.time_ns() / 1e9,
        time.mktime(time.localtime()),
        datetime.now(UTC).timestamp(),
        datetime.now().timestamp(),
        datetime.today().timestamp(),
    ]
    assert all(DAY_MS / 1000 - 1 <= moment - before < DAY_MS / 1000 + 60 for moment in told)
    assert date.today() == datetime.fromtimestamp(told[0]).date()


def test_what_measures_time_is_not(travel: Travel) -> None:
    clocks = (time.monotonic, time.perf_counter, time.process_time)
    before = [clock() for clock in clocks]
    travel.go_ahead(DAY_MS)
    assert all(0 <= clock() - old < 60 for clock, old in zip(clocks, before, strict=True))


def test_it_goes_on_from_wherever_it_is(travel: Travel) -> None:
    for ahead_ms in (5_000, 5_000, 65_000):
        travel.go_ahead(ahead_ms)
        assert ahead_s() == pytest.approx(ahead_ms / 1000, abs=0.05)


def test_it_comes_back_as_often_as_one_likes(travel: Travel) -> None:
    for _ in range(2):
        travel.go_ahead(DAY_MS)
        travel.go_ahead(0)
        assert ahead_s() == pytest.approx(0, abs=0.05)


def test_nothing_is_left_of_it_at_the_end(travel: Travel) -> None:
    for _ in range(2):
        travel.go_ahead(DAY_MS)
        travel.end()
        travel.end()
        assert ahead_s() == pytest.approx(0, abs=0.05)
        assert not escape_hatch.is_travelling()


def test_the_machines_time_can_be_told_all_the_same(travel: Travel) -> None:
    before = time.time_ns()
    travel.go_ahead(DAY_MS)
    assert 0 <= machine_ns() - before < 60e9


@pytest.mark.parametrize(("ahead_ms", "loaded"), [(0, "False False"), (1, "True False")])
def test_nothing_is_imported_for_it_before_it_goes_and_never_pytest(
    ahead_ms: int, loaded: str
) -> None:
    code = (
        "import sys\n"
        "from local_server.travel import Travel\n"
        f"Travel().go_ahead({ahead_ms})\n"
        "print('time_machine' in sys.modules, 'pytest' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == loaded
