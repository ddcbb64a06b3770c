"""Which programs make a store, and what each is told."""

import sys
from pathlib import Path

import pytest

from local_server import leash
from local_server.errors import StoreError
from local_server.stores.programs import (
    Program,
    choose_programs,
    dynoxide,
    ministack,
    store_warnings,
)
from local_server.template import Template, load_template

BINARY = Path("/opt/dynoxide")
ON_LEASH = [sys.executable, "-P", leash.__file__]


@pytest.mark.parametrize("choice", ["ministack", "moto"])
def test_one_program_holds_it_all(choice: str, tmp_path: Path) -> None:
    (program,) = choose_programs(choice, tmp_path, None)
    assert (program.name, program.holds) == (choice, "tables and queues")
    assert program.command(7)[:3] == ON_LEASH


def test_ministack_listens_on_loopback_and_opens_nothing_else() -> None:
    program = ministack("tables and queues", None)
    variables, command = program.environment(4510), program.command(4510)
    assert command[:5] == [*ON_LEASH, "uvicorn", "ministack.app:app"]
    assert command[5:9] == ["--host", "127.0.0.1", "--port", "4510"]
    assert variables["EDGE_PORT"] == "4510"
    assert variables["SFTP_ENABLED"] == variables["IOT_MTLS_ENABLED"] == "0"
    assert "PERSIST_STATE" not in variables


def test_ministack_is_told_where_to_keep_what_it_holds(tmp_path: Path) -> None:
    variables = ministack("tables", tmp_path).environment(1)
    assert variables["PERSIST_STATE"] == "1"
    assert variables["STATE_DIR"] == str(tmp_path / "ministack")


def test_moto_cannot_keep_anything(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="--data: moto forgets everything when it stops"):
        choose_programs("moto", tmp_path, tmp_path)


def test_dynoxide_listens_on_loopback_in_memory() -> None:
    command = dynoxide(BINARY, None).command(8123)
    assert command == [
        *ON_LEASH, "--command", "/opt/dynoxide", "serve", "--host", "127.0.0.1", "--port", "8123",
    ]  # fmt: skip


def test_dynoxide_keeps_its_tables_in_one_file(tmp_path: Path) -> None:
    command = dynoxide(BINARY, tmp_path).command(1)
    assert command[-2:] == ["--db-path", str(tmp_path / "dynoxide.sqlite")]


def test_what_is_lost_is_said() -> None:
    folder = Path("/data")
    assert ministack("queues", None).loss == "its queues are gone"
    assert dynoxide(BINARY, folder).loss == "its tables are kept in /data"
    assert ministack("queues", folder).loss == (
        "/data has its queues as they were when the emulator started"
    )


TABLE = """\
service: s
resources:
  Resources:
    Things:
      Type: AWS::DynamoDB::Table
      Properties:
        AttributeDefinitions: [{{ AttributeName: id, AttributeType: S }}]
        KeySchema: [{{ AttributeName: id, KeyType: HASH }}]
        {ttl}
"""


def template(folder: Path, ttl: str) -> Template:
    (folder / "serverless.yml").write_text(TABLE.format(ttl=ttl))
    return load_template(folder / "serverless.yml")


def tried(folder: Path | None) -> list[Program]:
    # The binary is nowhere, so neither is its version.
    return [dynoxide(BINARY, folder), ministack("queues", folder)]


def test_rows_that_nobody_removes_are_worth_a_warning(tmp_path: Path) -> None:
    ttl = "TimeToLiveSpecification: { AttributeName: at, Enabled: true }"
    doubt, warning = store_warnings(tried(None), template(tmp_path, ttl))
    assert "of some version" in doubt
    assert warning.startswith("dynoxide does not remove rows whose time to live is over")
    assert len(store_warnings(tried(None), template(tmp_path, ""))) == 1
    assert store_warnings([ministack("tables", None)], template(tmp_path, ttl)) == []


def test_that_a_kill_is_not_survived_is_worth_one_as_well(tmp_path: Path) -> None:
    *_, warning = store_warnings(tried(tmp_path), template(tmp_path, ""))
    assert warning == f"ministack writes {tmp_path} when it is stopped, not when it is killed"
