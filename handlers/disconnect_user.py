"""POST /admin/users/{username}/disconnect: closes a user's connections, for admins."""

from handlers._edge.http import HttpCall, http
from infra.wiring.accounts import accounts
from infra.wiring.revocation import revocation
from notify.account_requests import DisconnectUser
from notify.accounts import require_admin
from notify.answers.accounts import DisconnectAnswer
from notify.errors import Revoked, Rollover


@http()
def handler(call: HttpCall) -> DisconnectAnswer:
    principal = call.writer("users")
    require_admin(principal)
    request, user = call.optional_body(DisconnectUser), accounts().get(call.path("username"))
    if not request.revoke_tokens:
        return DisconnectAnswer(revocation().revoke(user.username, Rollover(request.reason)))
    error = Revoked(request.reason)
    revocation().foresee(user.username, error)
    accounts().revoke_tokens(user.username)
    return DisconnectAnswer(revocation().revoke(user.username, error))
