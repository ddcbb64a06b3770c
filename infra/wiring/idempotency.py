"""Requests that are made again."""

from infra.stores.attempts import DynamoAttempts
from infra.wiring import clock, new_id, part
from infra.wiring.settings import settings
from notify.idempotency import Idempotency


@part
def idempotency() -> Idempotency:
    settings()
    return Idempotency(DynamoAttempts(), clock, new_id)
