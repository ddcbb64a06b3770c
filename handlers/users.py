"""POST /admin/users, PATCH and DELETE /admin/users/{username}: accounts, for admins."""

from handlers._edge.http import HttpCall, http
from infra.wiring import accounts, revocation
from notify.answers import UserAnswer, user_answer
from notify.requests import ChangeUser, CreateUser


@http()
def handler(call: HttpCall) -> tuple[int, UserAnswer] | None:
    principal = call.writer("users")
    if call.method == "POST":
        return 201, user_answer(accounts().create(principal, call.body(CreateUser)))
    username = call.path("username")
    if call.method == "DELETE":
        accounts().remove(principal, username)
        revocation().revoke(username)
        return None
    request = call.body(ChangeUser)
    user = accounts().change(principal, username, request)
    if request.revokes:
        revocation().revoke(username)
    return 200, user_answer(user)
