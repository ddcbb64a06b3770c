"""GET, DELETE /notifications/broadcasts/{id}: how far a queued broadcast is, and an end to it."""

from handlers._edge.http import HttpCall, http
from infra.wiring.following import following
from notify.answers.broadcasts import ProgressAnswer, progress_answer


@http()
def handler(call: HttpCall) -> ProgressAnswer:
    principal, broadcast_id = call.principal(), call.path("id")
    if call.method == "DELETE":
        return progress_answer(following().cancel(principal, broadcast_id))
    return progress_answer(following().progress(principal, broadcast_id))
