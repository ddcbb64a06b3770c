"""The events of a function, each kind by its own reader; all others are refused."""

from dataclasses import dataclass, field
from typing import Any

from local_server.template.document import Block
from local_server.template.event_sources import read_queue_source
from local_server.template.fields import Fields
from local_server.template.http_routes import read_http_route
from local_server.template.model import FunctionName, HttpRoute, QueueSource, WebsocketRoute
from local_server.template.websocket_routes import read_websocket_route


@dataclass
class Triggers:
    websocket: dict[str, WebsocketRoute] = field(default_factory=dict)
    http: list[HttpRoute] = field(default_factory=list)
    sources: list[QueueSource] = field(default_factory=list)

    def add(self, function: FunctionName, events: list[Any], parent: Fields) -> None:
        readers = {"websocket": self._websocket, "httpApi": self._http, "sqs": self._sqs}
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
        route = read_websocket_route(function, event)
        if route.key in self.websocket:
            event.refuse("websocket", f"a second function for the route {route.key}")
        self.websocket[route.key] = route

    def _http(self, function: FunctionName, event: Fields) -> None:
        route = read_http_route(function, event)
        if any(route.key == other.key for other in self.http):
            event.refuse("httpApi", f"a second function for {route.key}")
        self.http.append(route)

    def _sqs(self, function: FunctionName, event: Fields) -> None:
        source = read_queue_source(function, event)
        if source is not None:
            self.sources.append(source)
