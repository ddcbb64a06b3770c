"""POST /auth/ws-ticket: opens one connection within the next seconds."""

from handlers._edge.http import HttpCall, http
from infra.wiring.settings import settings
from infra.wiring.tickets import tickets
from notify.answers.accounts import TicketAnswer, ticket_answer


@http()
def handler(call: HttpCall) -> TicketAnswer:
    principal = call.writer("ticket")
    return ticket_answer(tickets().issue(principal), settings().websocket_url or call.websocket_url)
