import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from infra.package.contents import LOCK, copy_code
from infra.stages import ROOT

IN_RUNTIME = {"boto3"}


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("code")
    copy_code(folder)
    return folder


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_code_of_the_functions_is_packed_and_no_operators(code: Path) -> None:
    packed = names(code)
    assert {"handlers/connect.py", "infra/stores/users.py", "notify/hub.py"} <= packed
    assert {Path(name).suffix for name in packed} == {".py"}
    assert not [name for name in packed if name.startswith(("infra/admin", "infra/package"))]
    assert "infra/stages.py" not in packed


def test_every_handler_finds_what_it_imports_among_what_is_packed(code: Path) -> None:
    modules = [f"handlers.{path.stem}" for path in (code / "handlers").glob("*.py")]
    script = f"import importlib\nfor name in {modules}: importlib.import_module(name)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=code, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def locked() -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+) ", LOCK.read_text(), re.MULTILINE))


def test_the_lock_pins_within_the_bounds_of_what_is_deployed() -> None:
    lines = (ROOT / "requirements-lambda.txt").read_text().splitlines()
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    on_lambda = [
        each
        for each in requirements
        if each.marker is None or each.marker.evaluate({"sys_platform": "linux"})
    ]
    pinned = locked()
    for requirement in on_lambda:
        if requirement.name not in IN_RUNTIME:
            assert pinned[requirement.name] in requirement.specifier, requirement
    assert not pinned.keys() & {*IN_RUNTIME, "botocore"}


def test_the_lock_pins_by_hashes_and_names_no_address() -> None:
    text = LOCK.read_text()
    assert "://" not in text
    for entry in re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in entry


def test_the_lock_is_for_the_python_that_is_deployed() -> None:
    runtime = re.search(r"runtime: python(\S+)", (ROOT / "serverless.yml").read_text())
    version = re.search(r"--python-version (\S+)", (ROOT / "Makefile").read_text())
    assert runtime
    assert version
    assert runtime[1] == version[1]
