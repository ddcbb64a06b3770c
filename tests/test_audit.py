"""What is deployed has a licence that is allowed; an audit that saw nothing is not a good one."""

from importlib.metadata import Distribution
from typing import Any

import pytest

from tests.audit import (
    ALLOWED,
    CLEAN,
    FOUND,
    NOT_LOOKED_AT,
    deployed,
    judge,
    licences,
    metadata_of,
    pins,
)


@pytest.mark.parametrize("package", deployed(), ids=lambda package: str(package.name))
def test_what_is_deployed_may_be(package: Distribution) -> None:
    assert not ALLOWED.isdisjoint(licences(metadata_of(package)))


def test_what_is_deployed_is_what_is_required_and_what_that_needs() -> None:
    names = {package.name.lower() for package in deployed()}
    assert {"pynamodb", "botocore", "cryptography", "cffi"} <= names
    assert not {"sanic", "pytest", "moto"} & names


@pytest.mark.parametrize(
    ("found", "names"),
    [
        ({"License-Expression": "Apache-2.0 OR BSD-3-Clause"}, ["Apache-2.0", "BSD-3-Clause"]),
        ({"License-Expression": "MIT AND GPL-3.0-only"}, ["MIT AND GPL-3.0-only"]),
        ({"License": "GPLv3"}, ["GPLv3"]),
        ({"License": "x", "Classifier": ["License :: OSI Approved :: MIT License"]}, ["MIT"]),
        ({}, ["none given"]),
    ],
)
def test_a_licence_is_called_by_one_name(found: dict[str, Any], names: list[str]) -> None:
    assert licences(found) == names


def test_the_lock_says_what_is_deployed() -> None:
    lock = "# pyjwt==0\npyjwt==2.15.1 \\\n    --hash=sha256:00\nurllib3==2.8.0 ; marker == 'x' \\\n"
    installed = {"pyjwt": "2.10.0", "boto3": "1.43.0"}
    assert pins(lock, installed) == ["boto3==1.43.0", "pyjwt==2.15.1", "urllib3==2.8.0"]


GOOD = {"name": "a", "version": "1", "vulns": []}
BAD = {"name": "b", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}
UNSEEN = {"name": "c", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("dependencies", "status"),
    [
        ([GOOD], CLEAN),
        ([GOOD, BAD], FOUND),
        ([GOOD, UNSEEN], NOT_LOOKED_AT),
        ([UNSEEN, BAD], FOUND),
    ],
)
def test_what_could_not_be_looked_at_is_neither_good_nor_bad(
    dependencies: list[dict[str, Any]], status: int
) -> None:
    assert judge({"dependencies": dependencies}).status == status


def test_what_is_known_is_told_with_its_cure() -> None:
    assert judge({"dependencies": [BAD]}).known == ["b 1: PYSEC-1, mended in 2"]
