"""The command line, as a process of its own."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from tests.local_server.conftest import SAMPLE, is_running

ROOT = Path(__file__).parents[2]


@dataclass
class Terminal:
    process: "subprocess.Popen[str]"
    ready: dict[str, Any]
    output: str


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "local_server", *arguments]


@contextmanager
def terminal(template: Path, ready_file: Path, *arguments: str) -> Iterator[Terminal]:
    """The emulator once its onStart command has said `seeded`."""
    line = command(
        "--template", str(template), "--port", "0", "--ready-file", str(ready_file), *arguments
    )
    with subprocess.Popen(
        line, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        output = ""
        for line_of_output in process.stdout:
            output += line_of_output
            if "seeded" in line_of_output:
                break
        try:
            yield Terminal(process, json.loads(ready_file.read_text()), output)
        finally:
            process.kill()


SEED = (
    "python -c \"import os; print(os.environ['LOCAL_SERVER_HTTP_URL'], "
    "os.environ['LOCAL_SERVER_WEBSOCKET_URL'], os.environ['GREETING'], os.getcwd(), 'seeded')\""
)


def test_a_run_from_start_to_ctrl_c(tmp_path: Path) -> None:
    ready_file = tmp_path / "ready.json"
    with terminal(SAMPLE, ready_file, "--on-start", SEED) as run:
        ready = run.ready
        assert ready["websocket"] == ready["http"].replace("http", "ws") + "/local"
        assert ready["websocket_paths"] == [
            ready["http"].replace("http", "ws") + "/realtime/socket"
        ]
        assert ready["pid"] == run.process.pid
        for shown in (
            ready["websocket"],
            ready["websocket_paths"][0],
            ready["store"],
            "GET /things/{id}",
            "$connect",
            f"{ready['http']} {ready['websocket_paths'][0]} good morning {SAMPLE.parent} seeded",
        ):
            assert shown in run.output
        assert httpx.get(f"{ready['http']}/things/1").status_code == 200
        with connect(ready["websocket"] + "?token=very-secret") as client:
            client.send('{"kind": "ask", "password": "very-secret"}')
            client.recv()
            run.process.send_signal(signal.SIGINT)
            rest, _ = run.process.communicate(timeout=5)
        assert run.process.returncode == 0
        assert "very-secret" not in rest
        assert "Warning" not in run.output + rest
        assert not ready_file.exists()
        assert not children_of(ready)


def children_of(ready: dict[str, Any]) -> bool:
    """Whether the store still answers; it is the last of the children to be stopped."""
    try:
        httpx.get(ready["store"], timeout=1)
    except httpx.TransportError:
        return False
    return True


def test_a_killed_emulator_leaves_nothing_behind(tmp_path: Path) -> None:
    with terminal(SAMPLE, tmp_path / "ready.json", "--on-start", SEED) as run:
        worker = httpx.get(f"{run.ready['http']}/environment").json()["pid"]
        run.process.kill()
        run.process.wait()
        while children_of(run.ready) or is_running(worker):
            pass


def refused(*arguments: str) -> str:
    done = subprocess.run(
        command(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("local_server: ")
    return done.stderr


def test_a_missing_template_is_one_line() -> None:
    assert refused("--template", "absent.yml").count("\n") == 1


def test_a_port_in_use_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        message = refused("--template", str(SAMPLE), "--port", port)
    assert message == f"local_server: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_an_unknown_store_is_one_line() -> None:
    message = refused("--template", str(SAMPLE), "--port", "0", "--store", "redis")
    assert message.count("\n") == 1


def test_a_ready_file_that_cannot_be_written_is_one_line() -> None:
    message = refused("--template", str(SAMPLE), "--port", "0", "--ready-file", "/absent/a")
    assert message == "local_server: cannot write /absent/a: No such file or directory\n"


def test_a_ready_file_of_an_earlier_run_is_removed_first(tmp_path: Path) -> None:
    stale = tmp_path / "ready.json"
    stale.write_text("{}")
    refused("--template", "absent.yml", "--ready-file", str(stale))
    assert not stale.exists()


@pytest.mark.parametrize(
    ("on_start", "complaint"),
    [
        ("seeded 'unclosed", "onStart: seeded 'unclosed: No closing quotation"),
        ("/absent/seed", "onStart: /absent/seed: No such file or directory"),
        ('python -c "raise SystemExit(3)"', "ended with status 3"),
    ],
)
def test_a_service_that_cannot_be_prepared_is_not_run(on_start: str, complaint: str) -> None:
    output = refused("--template", str(SAMPLE), "--port", "0", "--on-start", on_start)
    assert complaint in output.splitlines()[-1]
