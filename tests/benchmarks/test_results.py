import json
from pathlib import Path

from benchmarks.measure import Figure, Measured
from benchmarks.results import Results, read, write

FIGURES = [
    Figure("a post", "ours", "boto3", "CPU µs", 40, 800, 5),
    Figure("a post", "ours", "awscrt", "CPU µs", 40, 90, 5),
]
FOUND = Results(
    machine={"date": "2026-11-26"},
    parts={"fanout": Measured(FIGURES, {"aiobotocore": "no index"}), "starts": Measured([])},
    seconds=432,
)


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    write(FOUND, tmp_path / "latest.json")
    assert read(tmp_path / "latest.json") == FOUND


def test_a_ratio_is_written_beside_its_figures(tmp_path: Path) -> None:
    write(FOUND, tmp_path / "latest.json")
    content = json.loads((tmp_path / "latest.json").read_text())
    assert [row["ratio"] for row in content["parts"]["fanout"]["figures"]] == [0.05, 0.444]


def test_parts_are_one_list_and_what_was_left_out_another() -> None:
    assert FOUND.figures == FIGURES
    assert FOUND.left_out == {"aiobotocore": "no index"}
