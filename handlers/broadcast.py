"""POST /notifications/broadcast: to whoever is subscribed, now or by the queue."""

from handlers._edge.http import HttpCall, http
from infra.wiring import broadcasts
from notify.answers import BroadcastAnswer, QueuedBroadcastAnswer, broadcast_answer
from notify.requests import Broadcast


@http()
def handler(call: HttpCall) -> tuple[int, BroadcastAnswer | QueuedBroadcastAnswer]:
    principal = call.principal()
    answer = broadcast_answer(broadcasts().broadcast(principal, call.body(Broadcast)))
    return (202 if isinstance(answer, QueuedBroadcastAnswer) else 200), answer
