"""Requests and functions for authorizers, without a gateway around them."""

import asyncio
import json
import os
from collections.abc import Callable
from typing import Any

from local_server.clock import Clock, Milliseconds
from local_server.errors import FunctionError
from local_server.events import Event
from local_server.events.http import HttpCall, RouteMatch
from local_server.events.websocket import Peer, connect_event
from local_server.ids import ConnectionId, RequestId
from local_server.integration import Integration
from local_server.requests import Request
from local_server.shared import Shared
from local_server.tasks import Tasks
from local_server.template import FunctionName

REQUEST_ID = RequestId("R1knPH17NjMFftw=")
NOW = Milliseconds(1705751700453)
TRACE = "Root=1-5eb33c07-de25b420912dee103a5db434"
REGION = "eu-west-1"
API = f"arn:aws:execute-api:{REGION}:000000000000:abc"
GUARD = FunctionName("guard")


def request(
    *headers: tuple[str, str], method: str = "GET", path: str = "/", query: str = ""
) -> Request:
    return Request(method, path, query, headers, b"", "203.0.113.7", 443)


def http_call(
    *headers: tuple[str, str],
    method: str = "GET",
    path: str = "/things/1",
    query: str = "",
    route: str = "GET /things/{id}",
) -> HttpCall:
    sent = request(*headers, method=method, path=path, query=query)
    return HttpCall(sent, RouteMatch(route, {"id": "1"}), "abc", REQUEST_ID, NOW, TRACE)


def peer(**changes: Any) -> Peer:
    usual: dict[str, Any] = {
        "connection_id": ConnectionId("R1kmxc2VNjMCFIA="),
        "connected_at": NOW,
        "domain_name": "abc.execute-api.eu-west-1.amazonaws.com",
        "source_ip": "203.0.113.7",
        "user_agent": "tests/1",
        "api_id": "abc",
        "stage": "dev",
    }
    return Peer(**(usual | changes))


def connect(*headers: tuple[str, str], query: str = "", connection: Peer | None = None) -> Event:
    sent = request(*headers, path="/dev", query=query)
    return connect_event(connection or peer(), sent, REQUEST_ID, NOW, TRACE)


class Asked:
    """A function that keeps its events. `answer` makes a result, or an error, or never returns."""

    def __init__(self, answer: Callable[[Event], Any]) -> None:
        self._answer = answer
        self.events: list[Event] = []

    async def invoke(self, name: FunctionName, event: Any, call: object = None) -> str:
        self.events.append(event)
        answer = self._answer(event)
        if isinstance(answer, FunctionError):
            raise answer
        if isinstance(answer, asyncio.Event):
            await answer.wait()
        return answer if isinstance(answer, str) else json.dumps(answer)

    def integration(self, clock: Clock, timeout_s: float = 10) -> Integration:
        return Integration(self, Shared(clock, os.urandom, Tasks()), timeout_s)


def policy(effect: str = "Allow", resource: Any = "*", **more: Any) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "somebody", "policyDocument": document, **more}
