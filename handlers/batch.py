"""POST /notifications/batch: up to a hundred sends and broadcasts, each with its own result."""

from msgspec import Raw

from handlers._edge.http import HttpCall, http
from handlers._edge.once import once
from infra.wiring.batches import batches
from notify.answers.batches import batch_answer
from notify.requests import Batch


@http()
def handler(call: HttpCall) -> tuple[int, Raw]:
    principal, batch = call.principal(), call.body(Batch)
    call.spend(principal, "batch", len(batch.messages))
    return once(
        call,
        principal,
        lambda trial: batch_answer(batches().run(principal, batch, trial), call.request_id),
    )
