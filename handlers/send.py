"""POST /notifications/send-realtime: to every connection of one user, or of up to a hundred."""

from handlers._edge.http import HttpCall, http
from infra.wiring import sends
from notify.answers import SendAnswer, send_answer
from notify.requests import Send


@http()
def handler(call: HttpCall) -> SendAnswer:
    principal = call.principal()
    return send_answer(sends().send(principal, call.body(Send)))
