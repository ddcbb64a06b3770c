"""POST /auth/logout: this login's tokens and connections end, or every login's."""

from handlers._edge.http import HttpCall, http
from infra.wiring.logins import logins
from notify.account_requests import Logout


@http()
def handler(call: HttpCall) -> None:
    principal = call.principal()
    logins().logout(principal, all_devices=call.optional_body(Logout).all_devices)
