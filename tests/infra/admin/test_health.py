import json

import pytest

from infra.admin.command_line import main
from tests.infra.admin.clients import FakeClients, refusal
from tests.infra.admin.doctor.test_account import identity

DENIED = refusal("AccessDenied")
CLIENTS = {
    "sts": {"get_caller_identity": identity(0)},
    "cloudformation": {"describe_stacks": {"Stacks": [{"StackStatus": "UPDATE_COMPLETE"}]}},
    "lambda": {"get_function_configuration": DENIED, "get_account_settings": DENIED},
    "dynamodb": {"describe_table": DENIED},
    "sqs": {"get_queue_url": DENIED},
    "cloudwatch": {"get_paginator": DENIED},
    "service-quotas": {"get_service_quota": DENIED},
}
# The machine's clock is years from that answer's.
EXPECTED = ["ok    account", "fail  clock", "ok    stack", "warn  functions", "warn  http"]


def test_findings_are_lines_and_a_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--stage", "dev", "doctor"], FakeClients(CLIENTS)) == 1
    lines = capsys.readouterr().out.splitlines()
    findings = [line for line in lines if line and "->" not in line]
    assert [line[: len(start)] for line, start in zip(findings, EXPECTED, strict=False)] == EXPECTED
    assert lines[-1].startswith("1 failure and")


def test_findings_are_for_machines_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--stage", "dev", "doctor", "--json"], FakeClients(CLIENTS)) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert told["findings"][0]["subject"] == "account"


def test_without_credentials_nothing_can_be_looked_at(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clients = FakeClients({"sts": {"get_caller_identity": refusal("InvalidClientTokenId")}})
    assert main(["--stage", "dev", "doctor"], clients) == 2
    assert "InvalidClientTokenId" in capsys.readouterr().err


def test_the_emulator_has_a_doctor_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TABLE_PREFIX", "test-")
    assert main(["doctor"]) == 1
    assert "local_server doctor" in capsys.readouterr().err
