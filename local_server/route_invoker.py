"""Calling what stands behind a route of the WebSocket API: a function, or a MOCK."""

import logging
import time
from collections.abc import Mapping
from typing import Any

from local_server.faults import Call
from local_server.integration import Integration, IntegrationTimeout
from local_server.mock import Mock, mock_payload
from local_server.template import WebsocketRoute

logger = logging.getLogger("local_server.websocket")


class RouteInvoker:
    def __init__(self, integration: Integration) -> None:
        self._integration = integration

    async def invoke(self, route: WebsocketRoute, event: Mapping[str, Any]) -> str:
        """The result's JSON text. Raises FunctionError, IntegrationTimeout, Malformed."""
        started = time.perf_counter()
        outcome = "failed"
        try:
            payload = await self._called(route, event)
            outcome = "done"
            return payload
        except IntegrationTimeout:
            outcome = "timed out"
            raise
        finally:
            ms = (time.perf_counter() - started) * 1000
            logger.info("%s -> %s %s in %.0f ms", route.key, route.target, outcome, ms)

    async def _called(self, route: WebsocketRoute, event: Mapping[str, Any]) -> str:
        if isinstance(route.integration, Mock):
            return mock_payload(route.integration, event, two_way=route.two_way)
        connection = event["requestContext"]["connectionId"]
        call = Call(connection=connection, route=route.key, function=route.integration)
        return await self._integration.invoke(route.integration, event, route.timeout_s, call)
