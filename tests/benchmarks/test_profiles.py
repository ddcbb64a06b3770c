import cProfile
from pathlib import Path

from benchmarks.profiles import hottest, write_profile


def profiled() -> cProfile.Profile:
    profile = cProfile.Profile()
    profile.runcall(sorted, [3, 1, 2], key=lambda number: -number)
    return profile


def test_a_profile_is_told_without_this_machine(tmp_path: Path) -> None:
    profiled().dump_stats(tmp_path / "seen")
    write_profile(tmp_path / "seen", tmp_path / "text")
    text = (tmp_path / "text").read_text()
    assert "(<lambda>)" in text
    assert str(tmp_path) not in text


def test_one_that_was_just_made_is_told_as_well(tmp_path: Path) -> None:
    write_profile(profiled(), tmp_path / "text")
    head, *lines = hottest((tmp_path / "text").read_text(), 2).splitlines()
    assert head.split()[0] == "ncalls"
    assert len(lines) == 2
