"""GET /healthz: whether a request gets through to the tables and back."""

from handlers._edge.http import HttpCall, http
from infra.wiring import check_store


@http()
def handler(call: HttpCall) -> dict[str, str]:
    check_store()
    return {"status": "ok"}
