"""Port, store, directory and credentials."""

import asyncio
import socket
from pathlib import Path

import pytest

from local_server.doctor.findings import Finding
from local_server.doctor.surroundings import look_at_credentials, look_at_port, look_at_store
from local_server.store import start_store
from local_server.stores.folder import Folder


def test_a_port_that_is_taken_is_a_problem() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        finding = look_at_port("127.0.0.1", port)
    assert finding.level == "problem"
    assert finding.text == f"cannot listen on 127.0.0.1:{port}: Address already in use"
    assert "--port 0" in finding.advice


def test_one_that_is_free_is_left_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert look_at_port("127.0.0.1", port).level == "ok"
    assert look_at_port("127.0.0.1", port).level == "ok"


def test_any_free_one_will_do() -> None:
    assert look_at_port("127.0.0.1", 0).level == "ok"


@pytest.mark.parametrize("port", [70_000, -1])
def test_one_out_of_range_is_a_problem(port: int) -> None:
    assert look_at_port("127.0.0.1", port).level == "problem"


def problems(findings: list[Finding]) -> list[str]:
    return [finding.text for finding in findings if finding.level == "problem"]


@pytest.mark.parametrize("choice", ["ministack", "moto"])
def test_an_embedded_store_is_there_with_its_version(choice: str, tmp_path: Path) -> None:
    findings = list(look_at_store(choice, tmp_path, None, None))
    assert {finding.level for finding in findings} == {"ok"}
    assert [finding.subject for finding in findings] == [choice, "store", "credentials"]
    assert findings[1].text == f"{choice} holds the tables and queues in memory"


def test_where_it_keeps_them_is_said_and_not_created(tmp_path: Path) -> None:
    data = tmp_path / "data"
    findings = list(look_at_store("ministack", tmp_path, data, None))
    assert f"ministack holds the tables and queues in {data}" in [one.text for one in findings]
    assert not data.exists()


def test_a_directory_that_is_in_use_is_a_problem(tmp_path: Path) -> None:
    held = Folder.hold(tmp_path)
    try:
        (text,) = problems(list(look_at_store("ministack", tmp_path, tmp_path, None)))
    finally:
        held.close()
    assert "another emulator keeps its store there" in text


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ("redis", "--store takes ministack, moto, dynoxide or a URL, not 'redis'"),
        ("http://127.0.0.1:9", "nothing answers at http://127.0.0.1:9"),
        ("http://[", "--store http://[: Invalid IPv6 URL"),
    ],
)
def test_one_that_cannot_be_had_is_a_problem(choice: str, text: str, tmp_path: Path) -> None:
    assert problems(list(look_at_store(choice, tmp_path, None, None))) == [text]


async def test_a_url_that_answers_is_a_store(tmp_path: Path) -> None:
    store = start_store("moto")
    try:
        await store.ready()
        findings = await asyncio.to_thread(list, look_at_store(store.url, tmp_path, None, None))
    finally:
        await store.stop()
    assert findings[0].text == f"{store.url} answers"


def test_at_aws_credentials_are_wanted_and_named_but_not_shown() -> None:
    url = "https://dynamodb.eu-west-3.amazonaws.com"
    assert look_at_credentials(url, {}).level == "problem"
    finding = look_at_credentials(url, {"AWS_PROFILE": "very-private"})
    assert finding.level == "warning"
    assert "AWS_PROFILE" in finding.text
    assert "very-private" not in finding.text


@pytest.mark.parametrize("choice", ["ministack", "http://127.0.0.1:8000"])
def test_elsewhere_they_are_made_up(choice: str) -> None:
    assert look_at_credentials(choice, {"AWS_PROFILE": "mine"}).level == "ok"
