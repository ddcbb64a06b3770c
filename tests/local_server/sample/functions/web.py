"""HTTP routes: one that shows its event, one that answers what it is told to."""

import json
import os
from typing import Any

Event = dict[str, Any]


def mirror(event: Event, context: Any) -> Any:
    return {
        "event": event,
        "context": {
            "aws_request_id": context.aws_request_id,
            "function_name": context.function_name,
            "function_version": context.function_version,
            "invoked_function_arn": context.invoked_function_arn,
            "log_group_name": context.log_group_name,
            "log_stream_name": context.log_stream_name,
            "memory_limit_in_mb": context.memory_limit_in_mb,
            "remaining_ms": context.get_remaining_time_in_millis(),
        },
    }


def respond(event: Event, context: Any) -> Any:
    return json.loads(event["body"])


def environment(event: Event, context: Any) -> Any:
    return {"environment": dict(os.environ), "cwd": os.getcwd(), "pid": os.getpid()}
