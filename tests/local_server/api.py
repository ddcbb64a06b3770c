"""A template, an invoker that answers what it is told, and what they share: for tests."""

import os
from pathlib import Path
from typing import Any

from local_server.assumptions import Assumptions
from local_server.clock import Clock
from local_server.errors import FunctionError
from local_server.events.websocket import Peer
from local_server.faults import Call
from local_server.ids import ConnectionId
from local_server.integration import Integration
from local_server.requests import Request
from local_server.shared import Shared
from local_server.tasks import Tasks
from local_server.template import FunctionName, Template, load_template
from local_server.throttling import Limits, Throttle

CONNECTION = ConnectionId("AAAAAAAAAAAAAAA=")


class Answers:
    """Invokes nothing: one answer, or one error, for every event."""

    def __init__(self, answer: str | FunctionError = '{"statusCode": 200}') -> None:
        self.answer = answer
        self.events: list[Any] = []

    async def invoke(self, name: FunctionName, event: Any, call: Call | None = None) -> str:
        self.events.append(event)
        if isinstance(self.answer, FunctionError):
            raise self.answer
        return self.answer


def shared(
    limits: Limits | None = None, assumptions: Assumptions | None = None, clock: Clock | None = None
) -> Shared:
    return Shared(
        clock or Clock(),
        os.urandom,
        Tasks(),
        throttle=Throttle(limits or Limits()),
        assumptions=assumptions or Assumptions(),
    )


def template(folder: Path, events: str) -> Template:
    """One function behind the events, in YAML's short form."""
    file = folder / "serverless.yml"
    file.write_text(
        "service: s\nprovider: {name: aws}\n"
        f"functions: {{f: {{handler: a.b, events: [{events}]}}}}\n"
    )
    return load_template(file)


def integration(answers: Answers, parts: Shared) -> Integration:
    return Integration(answers, parts, 5)


def peer(parts: Shared) -> Peer:
    return Peer(CONNECTION, parts.clock.now(), "h", "127.0.0.1", None, "api", "local")


def upgrade(**headers: str) -> Request:
    return Request("GET", "/local", "", tuple(headers.items()), b"", "127.0.0.1", 3001)
