"""The command line as a whole: help, exit codes, and what a stage is called."""

import re

import pytest
from botocore.exceptions import ClientError

from infra.admin.command_line import COMMANDS, Command, main
from infra.admin.stage import error_code, find_stage
from infra.settings import SettingsError
from tests.infra.admin.clients import FakeClients, options, refusal


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_explains_itself(
    capsys: pytest.CaptureFixture[str], command: Command
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command.name, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert command.name == "demo" or re.search(f"infra.admin .*{command.name}", text)


@pytest.mark.parametrize("missing", ["TABLE_PREFIX", "AWS_REGION"])
def test_what_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    monkeypatch.setenv("TABLE_PREFIX", "test-")
    monkeypatch.delenv(missing)
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert main(["demo"]) == 2
    assert missing in capsys.readouterr().err


def test_what_aws_refuses_is_said_in_one_line(
    aws: None, capsys: pytest.CaptureFixture[str]
) -> None:
    clients = FakeClients({"lambda": {"get_function_configuration": refusal("AccessDenied")}})
    assert main(["--stage", "dev", "rotate-key"], clients) == 2
    error = capsys.readouterr().err
    assert error.startswith("infra.admin: An error occurred (AccessDenied)")
    assert error.count("\n") == 1


def test_a_stage_has_the_names_of_serverless_yml() -> None:
    stage = find_stage(options(stage="dev", region="eu-west-1"))
    assert (stage.prefix, stage.region, stage.name) == ("heliograph-dev-", "eu-west-1", "dev")


def test_what_the_functions_are_told_is_asked_of_one_of_them() -> None:
    answer = {"Environment": {"Variables": {"LATER_QUEUE_URL": "https://queue"}}}
    clients = FakeClients({"lambda": {"get_function_configuration": answer}})
    stage = find_stage(options(stage="dev", region="eu-west-1"), clients)
    assert stage.environment() == {"LATER_QUEUE_URL": "https://queue"}
    assert clients.calls == [
        ("get_function_configuration", {"FunctionName": "heliograph-dev-users"})
    ]


def test_a_stage_that_is_not_deployed_is_named_so() -> None:
    missing = refusal("ResourceNotFoundException")
    clients = FakeClients({"lambda": {"get_function_configuration": missing}})
    stage = find_stage(options(stage="dev", region="eu-west-1"), clients)
    with pytest.raises(SettingsError, match="heliograph-dev-users"):
        stage.environment()


def test_on_a_laptop_our_own_variables_are_the_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE_PREFIX", "test-")
    monkeypatch.setenv("LATER_QUEUE_URL", "http://queue")
    stage = find_stage(options(stage=None, region=None))
    assert stage.environment()["LATER_QUEUE_URL"] == "http://queue"


@pytest.mark.parametrize("code", ["Throttling", "com.amazonaws.ssm#Throttling"])
def test_an_error_has_one_code_whatever_the_protocol(code: str) -> None:
    assert error_code(ClientError({"Error": {"Code": code}}, "Any")) == "Throttling"
