"""GET /history/{topic}: what is stored of a topic, in order, for whoever may read it."""

from handlers._edge.http import HttpCall, http
from infra.wiring.history import history
from notify.answers.history import HistoryAnswer
from notify.requests import HistoryQuery, parse_query


@http()
def handler(call: HttpCall) -> HistoryAnswer:
    principal = call.reader()
    texts = {"after_seq": call.query("after_seq", "0"), "limit": call.query("limit", "50")}
    return history().read(principal, call.path("topic"), parse_query(texts, HistoryQuery))
