"""What a worker adds to a handler: logs as Lambda writes them, and an exit status."""

import logging
import re

import pytest

from local_server.worker import LambdaLoggerHandler, exit_status


@pytest.fixture
def handler() -> LambdaLoggerHandler:
    handler = LambdaLoggerHandler()
    handler.request_id = "the-request"
    return handler


def record(message: str, failure: BaseException | None = None) -> logging.LogRecord:
    raised = (type(failure), failure, None) if failure else None
    return logging.LogRecord("name", logging.INFO, "file", 1, message, (), raised)


def test_a_log_line_has_lambdas_form(
    handler: LambdaLoggerHandler, capsys: pytest.CaptureFixture[str]
) -> None:
    handler.handle(record("said"))
    line = capsys.readouterr().out
    assert re.fullmatch(r"\[INFO\]\t\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z\tthe-request\tsaid\n", line)


def test_a_logged_exception_follows_its_line(
    handler: LambdaLoggerHandler, capsys: pytest.CaptureFixture[str]
) -> None:
    handler.handle(record("said", ValueError("no")))
    assert capsys.readouterr().out.endswith("\tsaid\nValueError: no\n")


def test_a_formatter_of_the_projects_own_knows_the_request(
    handler: LambdaLoggerHandler, capsys: pytest.CaptureFixture[str]
) -> None:
    handler.setFormatter(logging.Formatter("%(aws_request_id)s %(message)s"))
    handler.handle(record("said"))
    assert capsys.readouterr().out == "the-request said\n"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (SystemExit(), 0),
        (SystemExit(3), 3),
        (SystemExit(-1), 255),
        (SystemExit("a reason"), 1),
        (KeyboardInterrupt(), 1),
    ],
)
def test_the_exit_status_is_pythons_own(error: BaseException, status: int) -> None:
    assert exit_status(error) == status


def test_the_text_of_an_exit_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    exit_status(SystemExit("a reason"))
    assert capsys.readouterr().err == "a reason\n"
