"""POST /notifications/send-realtime: to every connection of one user, or of up to a hundred."""

from msgspec import Raw

from handlers._edge.http import HttpCall, http
from handlers._edge.once import once
from infra.wiring.scheduling import scheduling
from notify.answers.publishing import publish_answer
from notify.requests import Send


@http()
def handler(call: HttpCall) -> tuple[int, Raw]:
    principal, request = call.writer("send"), call.body(Send)
    return once(
        call,
        principal,
        lambda trial: publish_answer(scheduling().accept(principal, request, trial)),
    )
