"""The events of a function: websocket, httpApi and sqs; all others are refused."""

import re
from dataclasses import dataclass, field
from typing import Any

from local_server.errors import TemplateError
from local_server.template.document import Block
from local_server.template.fields import Fields
from local_server.template.model import Cors, FunctionName, HttpRoute, QueueSource, WebsocketRoute

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
# The list the Serverless Framework writes for `cors: true`
# (packages/serverless/lib/plugins/aws/package/compile/events/http-api.js).
CORS_HEADERS = (
    "Content-Type",
    "X-Amz-Date",
    "Authorization",
    "X-Api-Key",
    "X-Amz-Security-Token",
    "X-Amz-User-Agent",
    "X-Amzn-Trace-Id",
)
# Lambda starts with five concurrent batches a queue
# (docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html).
CONCURRENT_BATCHES = 5
_NO_AUTHORIZER = "authorizers are not emulated: let the handler authenticate"


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
        route = event.raw("websocket")
        two_way = False
        if isinstance(route, Block):
            fields = event.block("websocket")
            fields.only(
                ("route", "routeResponseSelectionExpression"), {"authorizer": _NO_AUTHORIZER}
            )
            two_way = _two_way(fields)
            route = fields.text("route")
        if not isinstance(route, str):
            event.refuse("websocket", "a route is expected")
        if route in self.websocket:
            event.refuse("websocket", f"a second function for the route {route}")
        self.websocket[route] = WebsocketRoute(route, function, two_way)

    def _http(self, function: FunctionName, event: Fields) -> None:
        method, path = _http_route(event)
        route = HttpRoute(method, path, function)
        if any(route.key == other.key for other in self.http):
            event.refuse("httpApi", f"a second function for {route.key}")
        self.http.append(route)

    def _sqs(self, function: FunctionName, event: Fields) -> None:
        value = event.raw("sqs")
        fields = event.block("sqs") if isinstance(value, Block) and "arn" in value else None
        if fields is None:
            self.sources.append(
                QueueSource(function, value, 10, 0, False, CONCURRENT_BATCHES, event.place("sqs"))
            )
            return
        fields.only(_SQS_KEYS, {"filterPatterns": "event filters are not emulated"})
        if not fields.flag("enabled", True):
            return
        if fields.number("batchSize", 10) > 10 and not fields.number("maximumBatchingWindow", 0):
            fields.refuse("batchSize", "above 10, SQS wants a maximumBatchingWindow")
        self.sources.append(
            QueueSource(
                function=function,
                queue_arn=fields.raw("arn"),
                batch_size=int(fields.number("batchSize", 10)),
                window_s=fields.number("maximumBatchingWindow", 0),
                reports_failures=_reports_failures(fields),
                concurrency=int(fields.number("maximumConcurrency", CONCURRENT_BATCHES)),
                place=fields.place("arn"),
            )
        )


_SQS_KEYS = (
    "arn",
    "batchSize",
    "enabled",
    "functionResponseType",
    "maximumBatchingWindow",
    "maximumConcurrency",
)


def _two_way(fields: Fields) -> bool:
    if "routeResponseSelectionExpression" not in fields:
        return False
    if fields.text("routeResponseSelectionExpression") != "$default":
        # Developer guide, apigateway-websocket-api-route-response.
        fields.refuse("routeResponseSelectionExpression", "API Gateway knows only $default")
    return True


def _reports_failures(fields: Fields) -> bool:
    if "functionResponseType" not in fields:
        return False
    if fields.text("functionResponseType") != "ReportBatchItemFailures":
        fields.refuse("functionResponseType", "Lambda knows only ReportBatchItemFailures")
    return True


def _http_route(event: Fields) -> tuple[str, str]:
    value = event.raw("httpApi")
    if isinstance(value, str):
        words = value.split()
        method, path = ("*", "*") if words == ["*"] else _two_words(words, event)
    else:
        fields = event.block("httpApi")
        fields.only(("method", "path"), {"authorizer": _NO_AUTHORIZER})
        path = fields.text("path")
        method = fields.text("method", "*")
    return _checked(method.upper(), path, event)


def _two_words(words: list[str], event: Fields) -> tuple[str, str]:
    if len(words) != 2:
        event.refuse("httpApi", "`METHOD /path` or `*` is expected")
    return words[0], words[1]


def _checked(method: str, path: str, event: Fields) -> tuple[str, str]:
    if path == "*":
        return "*", "*"
    method = "ANY" if method == "*" else method
    if method != "ANY" and method not in METHODS:
        event.refuse("httpApi", f"API Gateway knows no method {method}")
    if not path.startswith("/"):
        event.refuse("httpApi", f"a path starts with /: {path}")
    if any(re.search(r"[{}]", part) and not _VARIABLE.match(part) for part in path.split("/")):
        event.refuse("httpApi", f"a path variable is a whole segment: {path}")
    return method, path


_VARIABLE = re.compile(r"^\{[^{}]+\}$")


def read_cors(http_api: Fields, routes: list[HttpRoute]) -> Cors | None:
    """`cors: true` allows every origin and the methods of the routes."""
    if not http_api.raw("cors"):
        return None
    declared = tuple(sorted({"OPTIONS"}.union(*(_methods(route) for route in routes))))
    if http_api.raw("cors") is True:
        return Cors(("*",), CORS_HEADERS, declared)
    fields = http_api.block("cors")
    fields.only(_CORS_KEYS)
    cors = Cors(
        origins=fields.texts("allowedOrigins", ("*",)),
        headers=fields.texts("allowedHeaders", CORS_HEADERS),
        methods=fields.texts("allowedMethods", declared),
        exposed_headers=fields.texts("exposedResponseHeaders"),
        credentials=fields.flag("allowCredentials", False),
        max_age_s=int(fields.number("maxAge", 0)) if "maxAge" in fields else None,
    )
    if cors.credentials and "*" in cors.origins:
        # CloudFormation refuses it: AllowOrigins must not be * if AllowCredentials is true.
        raise TemplateError(fields.place("allowCredentials"), "not together with the origin *")
    return cors


def _methods(route: HttpRoute) -> tuple[str, ...]:
    return METHODS if route.method in ("ANY", "*") else (route.method,)


_CORS_KEYS = (
    "allowedOrigins",
    "allowedHeaders",
    "allowedMethods",
    "exposedResponseHeaders",
    "allowCredentials",
    "maxAge",
)
