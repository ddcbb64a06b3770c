"""What a handler meets inside its worker."""

import pytest

from local_server.worker import Context

ENVIRONMENT = {
    "AWS_LAMBDA_FUNCTION_NAME": "shop-local-a",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/shop-local-a",
    "AWS_LAMBDA_LOG_STREAM_NAME": "[$LATEST]0",
}


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch) -> Context:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    fields = {"aws_request_id": "id", "invoked_function_arn": "arn", "timeout_ms": 1000}
    return Context(fields)


def test_the_context_has_the_attributes_of_lambdas(context: Context) -> None:
    assert (context.aws_request_id, context.invoked_function_arn) == ("id", "arn")
    assert context.memory_limit_in_mb == "128"
    assert context.client_context is None
    assert context.identity is None


def test_the_remaining_time_falls_and_never_below_zero(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert 0 < context.get_remaining_time_in_millis() <= 1000
    late = Context({"aws_request_id": "id", "invoked_function_arn": "a", "timeout_ms": -1})
    assert late.get_remaining_time_in_millis() == 0


def test_the_context_logs_to_standard_output(
    context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    context.log("hi")
    assert capsys.readouterr().out == "hi"
