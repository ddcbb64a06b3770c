"""POST /auth/login: a username and a password for an access token and a refresh token."""

from handlers._edge.http import HttpCall, http
from infra.wiring.logins import logins
from notify.account_requests import Login
from notify.answers.accounts import LoginAnswer, login_answer


@http()
def handler(call: HttpCall) -> LoginAnswer:
    return login_answer(logins().login(call.body(Login), call.address))
