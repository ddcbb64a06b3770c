"""POST /admin/users, PATCH and DELETE /admin/users/{username}: accounts, for admins."""

import functools

from handlers._edge.http import HttpCall, http
from infra.wiring.accounts import accounts
from infra.wiring.revocation import revocation
from notify.account_requests import ChangeUser, CreateUser
from notify.accounts import require_admin
from notify.answers.accounts import UserAnswer, user_answer


@http()
def handler(call: HttpCall) -> tuple[int, UserAnswer] | None:
    principal = call.writer("users")
    require_admin(principal)
    if call.method == "POST":
        return 201, user_answer(accounts().create(principal, call.body(CreateUser)))
    username = call.path("username")
    if call.method == "DELETE":
        revocation().end(username, lambda: accounts().remove(principal, username))
        return None
    request = call.body(ChangeUser)
    change = functools.partial(accounts().change, principal, username, request)
    return 200, user_answer(revocation().end(username, change) if request.revokes else change())
