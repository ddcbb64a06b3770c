"""POST /notifications/broadcast: to whoever is subscribed, now or by the queue."""

from msgspec import Raw

from handlers._edge.http import HttpCall, http
from handlers._edge.once import once
from infra.wiring.scheduling import scheduling
from notify.answers.publishing import publish_answer
from notify.requests import Broadcast


@http()
def handler(call: HttpCall) -> tuple[int, Raw]:
    principal, request = call.writer("broadcast"), call.body(Broadcast)
    return once(
        call,
        principal,
        lambda trial: publish_answer(scheduling().accept(principal, request, trial)),
    )
