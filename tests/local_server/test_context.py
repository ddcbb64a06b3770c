"""The context object that a handler is given."""

import pytest

from local_server.context import LambdaContext, surroundings

ENVIRONMENT = {
    "AWS_LAMBDA_FUNCTION_NAME": "shop-local-a",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/shop-local-a",
    "AWS_LAMBDA_LOG_STREAM_NAME": "[$LATEST]0",
}


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch) -> LambdaContext:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return LambdaContext(
        "id", {"invoked_function_arn": "arn", "timeout_ms": 1000, **surroundings()}
    )


def test_it_has_the_attributes_of_lambdas(context: LambdaContext) -> None:
    assert (context.aws_request_id, context.invoked_function_arn) == ("id", "arn")
    assert context.function_name == "shop-local-a"
    assert context.function_version == "$LATEST"
    assert context.memory_limit_in_mb == "128"
    assert context.log_group_name == "/aws/lambda/shop-local-a"
    assert context.log_stream_name == "[$LATEST]0"


def test_there_is_an_identity_without_anybody_in_it(context: LambdaContext) -> None:
    assert context.client_context is None
    assert context.identity.cognito_identity_id is None
    assert context.identity.cognito_identity_pool_id is None


def test_it_reads_like_lambdas_in_a_log(context: LambdaContext) -> None:
    assert repr(context) == (
        "LambdaContext([aws_request_id=id,log_group_name=/aws/lambda/shop-local-a,"
        "log_stream_name=[$LATEST]0,function_name=shop-local-a,memory_limit_in_mb=128,"
        "function_version=$LATEST,invoked_function_arn=arn,client_context=None,"
        "identity=CognitoIdentity([cognito_identity_id=None,cognito_identity_pool_id=None]),"
        "tenant_id=None])"
    )


def test_the_remaining_time_falls_and_never_below_zero(context: LambdaContext) -> None:
    assert 0 < context.get_remaining_time_in_millis() <= 1000
    late = LambdaContext("id", {"invoked_function_arn": "arn", "timeout_ms": -1, **surroundings()})
    assert late.get_remaining_time_in_millis() == 0


def test_it_logs_to_standard_output(
    context: LambdaContext, capsys: pytest.CaptureFixture[str]
) -> None:
    context.log("hi")
    assert capsys.readouterr().out == "hi"
