"""WebSocket routes: `websocket: $connect`, or a mapping that says more."""

from local_server.template.document import Block
from local_server.template.fields import Fields
from local_server.template.identity_sources import read_websocket_sources
from local_server.template.lambdas import Lambdas
from local_server.template.model import FunctionName, WebsocketAuthorizer, WebsocketRoute

# The framework's own (packages/serverless/lib/plugins/aws/package/compile/events/websockets/lib/
# validate.js).
_DEFAULT_SOURCE = "route.request.header.Auth"
_NO_CACHE = "API Gateway keeps no results for WebSocket APIs, and has no simple ones"
# serverless/serverless#6149
_AWS_IAM = (
    "the framework takes aws_iam for a function: declare the route as a resource, with "
    "AuthorizationType: AWS_IAM"
)
_HINTS = {
    "enableSimpleResponses": _NO_CACHE,
    "payloadVersion": _NO_CACHE,
    "resultTtlInSeconds": _NO_CACHE,
    "type": "a function is the only authorizer of a WebSocket API",
}


def read_websocket_route(function: FunctionName, event: Fields, lambdas: Lambdas) -> WebsocketRoute:
    """Raises TemplateError."""
    route = event.raw("websocket")
    if isinstance(route, Block):
        return _route(function, event.block("websocket"), lambdas)
    if not isinstance(route, str):
        event.refuse("websocket", "a route is expected")
    return WebsocketRoute(route, function)


def _route(function: FunctionName, fields: Fields, lambdas: Lambdas) -> WebsocketRoute:
    fields.only(("route", "routeResponseSelectionExpression", "authorizer"))
    key = fields.text("route")
    if "authorizer" in fields and key != "$connect":
        # Developer guide, apigateway-websocket-api-control-access.
        fields.refuse("authorizer", "API Gateway authorizes $connect alone")
    return WebsocketRoute(key, function, _two_way(fields), _authorizer(fields, lambdas))


def _two_way(fields: Fields) -> bool:
    if "routeResponseSelectionExpression" not in fields:
        return False
    if fields.text("routeResponseSelectionExpression") != "$default":
        # Developer guide, apigateway-websocket-api-route-response.
        fields.refuse("routeResponseSelectionExpression", "API Gateway knows only $default")
    return True


def _authorizer(route: Fields, lambdas: Lambdas) -> WebsocketAuthorizer | None:
    if "authorizer" not in route:
        return None
    if isinstance(route.raw("authorizer"), Block):
        return _spelled_out(route.block("authorizer"), lambdas)
    if route.text("authorizer") == "aws_iam":
        route.refuse("authorizer", _AWS_IAM)
    default = read_websocket_sources(route, [_DEFAULT_SOURCE])
    if ":" in route.text("authorizer"):
        place = route.place("authorizer")
        return WebsocketAuthorizer(lambdas.at(route.text("authorizer"), place), default)
    return WebsocketAuthorizer(lambdas.called(route, "authorizer"), default)


def _spelled_out(fields: Fields, lambdas: Lambdas) -> WebsocketAuthorizer:
    fields.only(("name", "arn", "identitySource"), _HINTS)
    sources = [
        source.strip()
        for text in fields.texts("identitySource", [_DEFAULT_SOURCE])
        for source in text.split(",")
    ]
    return WebsocketAuthorizer(_function(fields, lambdas), read_websocket_sources(fields, sources))


def _function(fields: Fields, lambdas: Lambdas) -> FunctionName:
    if "arn" not in fields:
        return lambdas.called(fields, "name")
    if "name" not in fields and not isinstance(fields.raw("arn"), str):
        fields.refuse("arn", "the framework wants a name beside an arn that is no text")
    return lambdas.at(fields.raw("arn"), fields.place("arn"))
