"""What `make artefacts` builds: the client and the emulator, each installed by itself."""

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import tomllib
import urllib.request
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "distributions"
NAMES = {"client": "heliograph-client", "local_server": "heliograph-local-server"}
DISTRIBUTIONS = sorted(NAMES)
UV = shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv"


def project(name: str) -> dict[str, Any]:
    document = tomllib.loads((FOLDER / name / "pyproject.toml").read_text())
    return dict(document["project"])


def dependencies(name: str) -> list[str]:
    said = project(name)
    extras = said.get("optional-dependencies", {}).values()
    return [*said["dependencies"], *(each for extra in extras for each in extra)]


def requirements() -> set[str]:
    files = (ROOT / file for file in ("requirements.txt", "requirements-lambda.txt"))
    return {line.strip() for file in files for line in file.read_text().splitlines()}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_distribution_wants_what_the_requirements_say(name: str) -> None:
    assert set(dependencies(name)) <= requirements()
    assert project(name)["name"] == NAMES[name]


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_distribution_has_the_version_and_the_licence_of_the_whole(name: str) -> None:
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    said = project(name)
    assert {said[key] for key in ("version", "license", "requires-python")} == {
        whole[key] for key in ("version", "license", "requires-python")
    }
    assert (FOLDER / name / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def run(*command: str | Path, cwd: Path) -> str:
    """What it prints. Nothing of the repository is on its path."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "UV_CACHE_DIR")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def installed(name: str, tmp_path: Path) -> Path:
    """The scripts of a fresh environment: built as from a release, and with dependencies from here,
    where nobody has to be asked for them."""
    wheels, home = tmp_path / "wheels", tmp_path / "home"
    options = ("--no-build-isolation", "--python", sys.executable, "--out-dir", wheels)
    run(UV, "build", "--quiet", *options, FOLDER / name, cwd=tmp_path)
    run(UV, "venv", "--quiet", "--python", sys.executable, home, cwd=tmp_path)
    (wheel,) = wheels.glob("*.whl")
    python = home / "bin" / "python"
    run(UV, "pip", "install", "--quiet", "--no-deps", "--python", python, wheel, cwd=tmp_path)
    (packages,) = home.glob("lib/python*/site-packages")
    (packages / "here.pth").write_text(sysconfig.get_path("purelib"))
    return home / "bin"


def test_the_client_installs_alone_and_starts(tmp_path: Path) -> None:
    scripts = installed("client", tmp_path)
    said = run(scripts / "heliograph", "--help", cwd=tmp_path)
    assert "  heliograph listen" in said
    assert "complete -F _heliograph" in run(
        scripts / "heliograph", "completion", "bash", cwd=tmp_path
    )
    look = "import heliograph_client as it; print(it.__file__, it.SyncHeliograph.__module__)"
    file, module = run(scripts / "python", "-c", look, cwd=tmp_path).split()
    assert Path(file).is_relative_to(tmp_path)
    assert (Path(file).parent / "py.typed").exists()
    assert module == "heliograph_client.sync"
    usage = run(scripts / "python", "-m", "heliograph_client", "inbox", "--help", cwd=tmp_path)
    assert "python -m heliograph_client inbox mark" in usage


def test_the_emulator_installs_alone_and_runs_a_service(tmp_path: Path) -> None:
    scripts = installed("local_server", tmp_path)
    service = tmp_path / "service"
    shutil.copytree(ROOT / "tests" / "local_server" / "sample" / "echo", service)
    look = "import local_server as it; print(it.__file__)"
    assert Path(run(scripts / "python", "-c", look, cwd=service).strip()).is_relative_to(tmp_path)
    assert "ok" in run(scripts / "heliograph-local", "doctor", cwd=service)
    ready = tmp_path / "ready.json"
    process = subprocess.Popen(
        [scripts / "heliograph-local", "--port", "0", "--ready-file", ready, "--store", "moto"],
        cwd=service,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        url = http_url(ready, process)
        with urllib.request.urlopen(f"{url}/hello") as answer:
            assert answer.read() == b"hello"
        with urllib.request.urlopen(f"{url}/_inspector/js/main.js") as page:
            assert page.status == 200
    finally:
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert process.returncode in (0, 130), said


def http_url(ready: Path, process: "subprocess.Popen[str]") -> str:
    """Once everything is up."""
    while process.poll() is None:
        if ready.exists() and (text := ready.read_text()):
            return str(json.loads(text)["http"])
        time.sleep(0.05)
    raise AssertionError(process.communicate()[0])
