"""WebSocket routes: `websocket: $connect`, or a mapping that says more."""

from local_server.template.document import Block
from local_server.template.fields import Fields
from local_server.template.model import FunctionName, WebsocketRoute

_NO_AUTHORIZER = "authorizers are not emulated: let the handler authenticate"


def read_websocket_route(function: FunctionName, event: Fields) -> WebsocketRoute:
    """Raises TemplateError."""
    route = event.raw("websocket")
    two_way = False
    if isinstance(route, Block):
        fields = event.block("websocket")
        fields.only(("route", "routeResponseSelectionExpression"), {"authorizer": _NO_AUTHORIZER})
        two_way = _two_way(fields)
        route = fields.text("route")
    if not isinstance(route, str):
        event.refuse("websocket", "a route is expected")
    return WebsocketRoute(route, function, two_way)


def _two_way(fields: Fields) -> bool:
    if "routeResponseSelectionExpression" not in fields:
        return False
    if fields.text("routeResponseSelectionExpression") != "$default":
        # Developer guide, apigateway-websocket-api-route-response.
        fields.refuse("routeResponseSelectionExpression", "API Gateway knows only $default")
    return True
