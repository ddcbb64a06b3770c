from pathlib import Path

import pytest

from benchmarks.fanout import PAGES, far_end
from benchmarks.measure import LeftOut
from benchmarks.side_by_side import FarEnd, Subject, running

NOWHERE = FarEnd("https://127.0.0.1:9", {})


def test_a_subject_works_at_the_far_end_and_tells_what_it_cost() -> None:
    # Ours would give up on a far end that this machine has no time for.
    with far_end() as far, running(PAGES["boto3"], far) as ask:
        cost = ask(1)
    assert cost.cpu_us > 0
    assert cost.peak_mib > 0


def test_a_peer_whose_environment_is_not_here_is_left_out(tmp_path: Path) -> None:
    with (
        pytest.raises(LeftOut, match="make bench"),
        running(Subject("posts_awscrt", 1, tmp_path / "python"), NOWHERE),
    ):
        pass


def test_a_subject_that_cannot_start_is_left_out_with_its_last_words() -> None:
    with pytest.raises(LeftOut, match="No module named"), running(Subject("none", 1), NOWHERE):
        pass
