"""The events of a function, each kind by its own reader; all others are refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from local_server.template.document import Block
from local_server.template.event_sources import read_queue_source, read_stream_source
from local_server.template.fields import Fields
from local_server.template.http_routes import read_http_route
from local_server.template.lambdas import Lambdas
from local_server.template.model import FunctionName, HttpAuthorizer, HttpRoute, WebsocketRoute
from local_server.template.schedules import Schedules
from local_server.template.sources import EventSource
from local_server.template.websocket_routes import read_websocket_route


@dataclass
class Triggers:
    lambdas: Lambdas
    authorizers: Mapping[str, HttpAuthorizer]
    websocket: dict[str, WebsocketRoute] = field(default_factory=dict)
    http: list[HttpRoute] = field(default_factory=list)
    sources: list[EventSource] = field(default_factory=list)
    schedules: Schedules = field(default_factory=Schedules)

    def add(self, function: FunctionName, events: list[Any], parent: Fields) -> None:
        readers: dict[str, Callable[[FunctionName, Fields], None]] = {
            "websocket": self._websocket,
            "httpApi": self._http,
            "sqs": self._sqs,
            "stream": self._stream,
            "schedule": partial(self._schedule, parent),
        }
        for index, event in enumerate(events):
            if not isinstance(event, Block) or len(event) != 1:
                parent.refuse("events", f"item {index} is not one event")
            fields = Fields(event, f"{parent.path}.events[{index}]")
            kind = next(iter(event))
            if kind not in readers:
                supported = ", ".join(readers)
                fields.refuse(kind, f"{kind} events are not emulated (only {supported})")
            readers[kind](function, fields)

    def _websocket(self, function: FunctionName, event: Fields) -> None:
        route = read_websocket_route(function, event, self.lambdas)
        if route.key in self.websocket:
            event.refuse("websocket", f"a second function for the route {route.key}")
        self.websocket[route.key] = route

    def _http(self, function: FunctionName, event: Fields) -> None:
        route = read_http_route(function, event, self.authorizers)
        if any(route.key == other.key for other in self.http):
            event.refuse("httpApi", f"a second function for {route.key}")
        self.http.append(route)

    def _sqs(self, function: FunctionName, event: Fields) -> None:
        source = read_queue_source(function, event)
        if source is not None:
            self.sources.append(source)

    def _stream(self, function: FunctionName, event: Fields) -> None:
        source = read_stream_source(function, event)
        if source is not None:
            self.sources.append(source)

    def _schedule(self, parent: Fields, function: FunctionName, event: Fields) -> None:
        self.sources += self.schedules.read(function, event, parent)
