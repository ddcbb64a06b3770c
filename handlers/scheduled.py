"""DELETE /notifications/scheduled/{id}: takes back what has not been sent yet."""

from handlers._edge.http import HttpCall, http
from infra.wiring.scheduling import scheduling


@http()
def handler(call: HttpCall) -> None:
    scheduling().cancel(call.principal(), call.path("id"))
