"""GET /openapi.json and /asyncapi.json: what the service promises, for tools to read."""

import functools
from typing import Any

from handlers._edge.http import HttpCall, http
from notify.asyncapi import asyncapi
from notify.openapi import openapi


@http()
def handler(call: HttpCall) -> dict[str, Any]:
    return _asyncapi() if call.route.endswith("/asyncapi.json") else _openapi()


_openapi = functools.cache(openapi)
_asyncapi = functools.cache(asyncapi)
