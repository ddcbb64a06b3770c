"""One event on its way, and who hears what became of it."""

import gc
import logging

import pytest

from local_server.errors import FunctionRaised
from local_server.faults import Call
from local_server.invocation import Invocation
from tests.local_server.services import F


def invocation(call: Call | None = None) -> Invocation:
    return Invocation(F, "01234567-the-rest", b"{}", call)


async def test_a_result_is_the_text_of_its_json() -> None:
    one = invocation()
    one.succeed('{"é": 1}'.encode())
    assert await one.outcome == '{"é": 1}'


async def test_a_failure_is_raised_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    one = invocation()
    one.fail(FunctionRaised("ValueError", "no", traceback="Traceback …\nValueError: no\n"))
    with pytest.raises(FunctionRaised):
        await one.outcome
    assert [record.getMessage() for record in caplog.records] == [
        "f 01234567 Traceback …\nValueError: no"
    ]


async def test_a_failure_that_nobody_waits_for_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    invocation().fail(FunctionRaised("ValueError", "no"))
    gc.collect()
    ours = [record for record in caplog.records if record.name.startswith("local_server")]
    assert len(ours) == 1


async def test_whoever_has_given_up_is_not_told() -> None:
    one, other = invocation(), invocation()
    one.outcome.cancel()
    other.outcome.cancel()
    one.succeed(b"{}")
    other.fail(FunctionRaised("ValueError", "no"))
    assert one.outcome.cancelled()
    assert other.outcome.cancelled()


async def test_faults_see_the_function_beside_what_the_caller_named() -> None:
    assert invocation(Call("c", "r")).call == Call("c", "r", "f")
    assert invocation().call == Call(function="f")
