"""GET /inbox, POST /inbox/mark and /inbox/mark-all: one's own notifications, and what one marks."""

from handlers._edge.http import HttpCall, http
from infra.wiring.inbox import inbox
from infra.wiring.marking import marker
from notify.answers.inbox import InboxAnswer, MarkAnswer, inbox_answer, mark_answer
from notify.entries import InboxCounts
from notify.limits import COSTLY
from notify.requests import InboxQuery, MarkAll, MarkThese


@http()
def handler(call: HttpCall) -> InboxAnswer | InboxCounts | MarkAnswer:
    if call.method == "GET":
        reader, query = call.reader(COSTLY), call.parameters(InboxQuery)
        return inbox_answer(inbox().page(reader, query.status, query.limit, query.behind))
    principal = call.principal()
    if call.route.endswith("/mark-all"):
        wide = call.body(MarkAll)
        call.spend(principal, "mark", COSTLY)
        return marker().mark_all(principal, wide.state, wide.before_ms)
    request = call.body(MarkThese)
    call.spend(principal, "mark", len(request.ids))
    return mark_answer(marker().mark(principal, request.ids, request.state))
