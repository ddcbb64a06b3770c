"""Python and packages, against what is required."""

import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.doctor.installation import (
    PYTHON,
    REQUIRED,
    look_at_installation,
    look_at_package,
    look_at_python,
    satisfies,
    too_old,
)
from local_server.doctor.surroundings import REQUIREMENTS

ROOT = Path(__file__).parents[3]


def test_here_everything_is_installed() -> None:
    assert {finding.level for finding in look_at_installation()} == {"ok"}


def test_the_doctor_asks_for_what_the_requirements_name() -> None:
    named = {}
    for file in ("requirements.txt", "requirements-lambda.txt"):
        for line in (ROOT / file).read_text().splitlines():
            if match := re.match(r"([\w-]+)(?:\[.*\])?([<>=].*)", line):
                named[match[1]] = match[2].strip()
    for package, requirement in {**REQUIRED, **REQUIREMENTS}.items():
        assert named[package] == requirement


def test_the_doctor_asks_for_the_python_of_the_project() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    assert f'requires-python = ">={PYTHON[0]}.{PYTHON[1]}"' in project


def test_an_older_python_is_a_problem() -> None:
    assert look_at_python((3, 10, 9)).level == "problem"
    assert look_at_python(sys.version_info[:3]).level == "ok"


@pytest.mark.parametrize(
    ("requirement", "level"),
    [
        (">=1,<9999", "ok"),
        (">=9999,<10000", "problem"),
        (">=1,<2", "warning"),
        ("==1.2", "warning"),
    ],
)
def test_a_package_is_compared(requirement: str, level: str) -> None:
    finding = look_at_package("sanic", requirement)
    assert finding.level == level
    assert finding.advice == ("" if level == "ok" else f"pip install 'sanic{requirement}'")


def test_one_that_is_missing_is_a_problem() -> None:
    finding = look_at_package("no-such-package-here", ">=1")
    assert (finding.level, finding.advice) == ("problem", "pip install 'no-such-package-here>=1'")


def test_botocore_is_shown_beside_boto3() -> None:
    assert re.fullmatch(r"boto3 [\d.]+, botocore [\d.]+", look_at_package("boto3", ">=1").text)


@pytest.mark.parametrize(
    ("present", "requirement", "expected"),
    [
        ("25.3", ">=25.3,<26", True),
        ("25.3.0", ">=25.3,<26", True),
        ("25.12.1", ">=25.3,<26", True),
        ("26.0", ">=25.3,<26", False),
        ("26.0rc1", ">=25.3,<26", False),
        ("25.2.9", ">=25.3,<26", False),
        ("1.5.33", "==1.5.33", True),
        ("1.5.34", "==1.5.33", False),
    ],
)
def test_bounds_are_kept(present: str, requirement: str, expected: bool) -> None:
    assert satisfies(present, requirement) is expected


VERSIONS = st.lists(st.integers(0, 99), min_size=1, max_size=4)


@given(VERSIONS, VERSIONS)
def test_versions_are_in_the_order_of_their_numbers(one: list[int], other: list[int]) -> None:
    texts = [".".join(map(str, numbers)) for numbers in (one, other)]
    padded = [[*numbers, 0, 0, 0, 0][:4] for numbers in (one, other)]
    assert too_old(texts[0], f">={texts[1]}") is (padded[0] < padded[1])
