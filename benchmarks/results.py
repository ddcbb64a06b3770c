"""What a run has found, as benchmarks/results/latest.json keeps it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import Figure, Measured

FOLDER = Path(__file__).parent / "results"
LATEST = FOLDER / "latest.json"
FANOUT_PROFILE = FOLDER / "profile-fanout.txt"
EMULATOR_PROFILE = FOLDER / "profile-emulator.txt"
ROUNDS = 5


@dataclass(frozen=True)
class Results:
    """By parts. `seconds`: of the whole run."""

    machine: dict[str, str]
    parts: dict[str, Measured]
    seconds: int

    @property
    def figures(self) -> list[Figure]:
        return [figure for part in self.parts.values() for figure in part.figures]

    @property
    def left_out(self) -> dict[str, str]:
        return {what: why for part in self.parts.values() for what, why in part.left_out.items()}


def write(results: Results, file: Path = LATEST) -> None:
    """Ratios are written too, for who reads the file by eye or by another program."""
    content = {
        "machine": results.machine,
        "seconds": results.seconds,
        "parts": {
            name: {"figures": [figure.row() for figure in part.figures], "left_out": part.left_out}
            for name, part in results.parts.items()
        },
    }
    file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def read(file: Path = LATEST) -> Results:
    content = json.loads(file.read_text())
    parts = {
        name: Measured([_figure(row) for row in part["figures"]], part["left_out"])
        for name, part in content["parts"].items()
    }
    return Results(content["machine"], parts, content["seconds"])


def _figure(row: dict[str, Any]) -> Figure:
    return Figure(**{name: value for name, value in row.items() if name != "ratio"})
