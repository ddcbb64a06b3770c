"""POST /auth/refresh: the next access token and the next refresh token for the last one."""

from handlers._edge.http import HttpCall, http
from infra.wiring.logins import logins
from infra.wiring.settings import settings
from notify.account_requests import Refresh
from notify.answers.accounts import LoginAnswer, login_answer


@http()
def handler(call: HttpCall) -> LoginAnswer:
    call.spend_of_address("refresh", settings().refreshes_per_minute_per_address)
    return login_answer(logins().refresh(call.body(Refresh).refresh_token))
