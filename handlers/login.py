"""POST /auth/login: a username and a password for an access token and a refresh token."""

from handlers._edge.http import HttpCall, http
from infra.wiring.logins import logins
from notify.answers import LoginAnswer, login_answer
from notify.requests import Login


@http()
def handler(call: HttpCall) -> LoginAnswer:
    return login_answer(logins().login(call.body(Login), call.address))
