"""The command line, as a process of its own."""

import json
import os
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

from local_server.provisioning import Client, make_clients
from local_server.store import FAKE_CREDENTIALS
from local_server.stores.endpoints import Endpoints
from tests.local_server.conftest import SAMPLE, is_running
from tests.local_server.stores import needs_dynoxide

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


def test_ctrl_c_while_modules_are_imported_ends_quietly() -> None:
    line = [sys.executable, "-X", "importtime", *command("--template", str(SAMPLE))[1:]]
    with subprocess.Popen(line, cwd=ROOT, text=True, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        said = [next(line for line in process.stderr if "sanic" in line)]
        process.send_signal(signal.SIGINT)
        said += process.stderr.readlines()
    assert process.returncode == 130
    assert "Traceback" not in "".join(said)


def test_ctrl_c_before_it_is_up_ends_quietly(tmp_path: Path) -> None:
    with subprocess.Popen(
        command("--template", str(SAMPLE), "--port", "0", "--ready-file", str(stale(tmp_path))),
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        # Its signals are ours by the time it has removed what an earlier run left.
        while (tmp_path / "ready.json").exists():
            pass
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (130, "", "")


def stale(folder: Path) -> Path:
    (folder / "ready.json").write_text("{}")
    return folder / "ready.json"


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the store")
def test_without_its_store_it_stops_serving_and_says_what_is_gone(tmp_path: Path) -> None:
    with terminal(SAMPLE, tmp_path / "ready.json", "--on-start", SEED) as run:
        os.kill(store_of(run.process.pid), signal.SIGKILL)
        rest, _ = run.process.communicate(timeout=30)
    assert run.process.returncode == 2
    assert rest.splitlines()[-1] == (
        "local_server: ministack has ended (killed by SIGKILL): its tables and queues are gone"
    )
    assert "Traceback" not in rest
    assert not (tmp_path / "ready.json").exists()


def store_of(emulator: int) -> int:
    children = Path(f"/proc/{emulator}/task/{emulator}/children").read_text().split()
    (store,) = [
        int(pid) for pid in children if b"ministack" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    return store


def test_what_it_kept_is_there_after_ctrl_c(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for _ in range(2):
        arguments = ("--on-start", SEED, "--data", str(data))
        with terminal(SAMPLE, tmp_path / "ready.json", *arguments) as run:
            run.process.send_signal(signal.SIGINT)
            run.process.communicate(timeout=30)
        assert run.process.returncode == 0
        assert (data / "ministack" / "dynamodb.json").is_file()


@needs_dynoxide
def test_what_dynoxide_keeps_survives_a_kill(tmp_path: Path) -> None:
    ready_file = tmp_path / "ready.json"
    arguments = ("--on-start", SEED, "--store", "dynoxide", "--data", str(tmp_path / "data"))
    key = {"connection_id": {"S": "kept"}}
    with terminal(SAMPLE, ready_file, *arguments) as run:
        with dynamodb(run) as client:
            client.put_item(TableName="sample-local-observers", Item=key)
        run.process.kill()
        run.process.wait()
        # Neither the file nor the directory may be somebody's still.
        while children_of(run.ready):
            pass
    with terminal(SAMPLE, ready_file, *arguments) as run, dynamodb(run) as client:
        found = client.get_item(TableName="sample-local-observers", Key=key)
    assert found["Item"] == key


@contextmanager
def dynamodb(run: Terminal) -> Iterator[Client]:
    endpoints = Endpoints.all_at(run.ready["store"])
    clients = make_clients(endpoints, "eu-west-3", FAKE_CREDENTIALS)
    yield clients.dynamodb
    for client in (clients.dynamodb, clients.sqs, clients.streams):
        client.close()


def refused(*arguments: str) -> str:
    done = subprocess.run(
        command(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("local_server: ")
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
    assert message.splitlines()[-1] == (
        "local_server: cannot write /absent/a: No such file or directory"
    )


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
