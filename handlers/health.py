"""GET /healthz: whether a request gets through to the tables and back."""

from handlers._edge.http import HttpCall, http
from infra.wiring.health import check_store
from notify.answers.health import HealthAnswer


@http()
def handler(call: HttpCall) -> HealthAnswer:
    check_store()
    return HealthAnswer()
