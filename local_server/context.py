"""The context object of Lambda's Python runtime, attribute for attribute.

docs.aws.amazon.com/lambda/latest/dg/python-context.html and the LambdaContext of
aws/aws-lambda-python-runtime-interface-client.
"""

import os
import sys
import time
from typing import Any


class CognitoIdentity:
    """There without a Cognito identity too, and empty then."""

    cognito_identity_id: str | None = None
    cognito_identity_pool_id: str | None = None

    def __repr__(self) -> str:
        return "CognitoIdentity([cognito_identity_id=None,cognito_identity_pool_id=None])"


def surroundings() -> dict[str, str | None]:
    """What a context takes from the environment, which is the same for every event."""
    names = {
        "function_name": "AWS_LAMBDA_FUNCTION_NAME",
        "function_version": "AWS_LAMBDA_FUNCTION_VERSION",
        # Text, not a number: so does Lambda.
        "memory_limit_in_mb": "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "log_group_name": "AWS_LAMBDA_LOG_GROUP_NAME",
        "log_stream_name": "AWS_LAMBDA_LOG_STREAM_NAME",
    }
    return {name: os.environ.get(variable) for name, variable in names.items()}


class LambdaContext:
    """`fields` are the function's ARN and timeout, and its surroundings."""

    # Only the mobile SDK sends one; no gateway does.
    client_context = None
    tenant_id = None

    def __init__(self, request_id: str, fields: dict[str, Any]) -> None:
        self.aws_request_id = request_id
        self.invoked_function_arn: str = fields["invoked_function_arn"]
        self.function_name: str | None = fields["function_name"]
        self.function_version: str | None = fields["function_version"]
        self.memory_limit_in_mb: str | None = fields["memory_limit_in_mb"]
        self.log_group_name: str | None = fields["log_group_name"]
        self.log_stream_name: str | None = fields["log_stream_name"]
        self.identity = CognitoIdentity()
        self._deadline = time.monotonic() + fields["timeout_ms"] / 1000

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.monotonic()) * 1000))

    def log(self, message: Any) -> None:
        sys.stdout.write(str(message))

    def __repr__(self) -> str:
        names = (
            "aws_request_id", "log_group_name", "log_stream_name", "function_name",
            "memory_limit_in_mb", "function_version", "invoked_function_arn", "client_context",
            "identity", "tenant_id",
        )  # fmt: skip
        fields = ",".join(f"{name}={getattr(self, name)}" for name in names)
        return f"LambdaContext([{fields}])"
