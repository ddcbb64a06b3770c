"""The Idempotency-Key of a request: its first try runs, its retries hear what that answered."""

from collections.abc import Callable
from typing import Any

from msgspec import Raw

from handlers._edge.http import HttpCall
from infra.wiring.idempotency import idempotency
from notify.idempotency import Answer, Trial
from notify.model import Principal


def once(call: HttpCall, by: Principal, run: Callable[[Trial], Answer]) -> tuple[int, Raw]:
    """Raises: Invalid, StillRunning, and what `run` does."""
    key, body = call.header("idempotency-key"), call.body(dict[str, Any])
    answer = idempotency().once(by, call.route, key, body, run)
    if answer.replayed:
        call.headers["idempotency-replayed"] = "true"
    return answer.status, Raw(answer.body)
