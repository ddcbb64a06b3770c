"""GET /inbox, POST /inbox/mark and /inbox/mark-all: one's own notifications, and what one marks."""

from handlers._edge.http import HttpCall, http
from infra.wiring import inbox, marker
from notify.answers import InboxAnswer, MarkAnswer, inbox_answer, mark_answer
from notify.entries import InboxCounts
from notify.requests import InboxQuery, MarkAll, MarkThese


@http()
def handler(call: HttpCall) -> InboxAnswer | InboxCounts | MarkAnswer:
    principal = call.principal()
    if call.method == "GET":
        query = call.parameters(InboxQuery)
        return inbox_answer(inbox().page(principal, query.status, query.limit, query.behind))
    if call.route.endswith("/mark-all"):
        wide = call.body(MarkAll)
        return marker().mark_all(principal, wide.state, wide.before_ms)
    request = call.body(MarkThese)
    return mark_answer(marker().mark(principal, request.ids, request.state))
