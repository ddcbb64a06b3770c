"""GET /auth/me: who the token says one is."""

from handlers._edge.http import HttpCall, http
from notify.answers.accounts import UserAnswer, me_answer


@http()
def handler(call: HttpCall) -> UserAnswer:
    return me_answer(call.principal())
