"""Routes declared as resources, their responses, and the models their messages have to fit."""

from collections.abc import Mapping

from jsonschema import Draft4Validator

from local_server.models import BadModel, RequestModels, parse_model
from local_server.selection import BadExpression, SelectionExpression, parse_expression
from local_server.template.fields import Fields
from local_server.template.integrations import Target
from local_server.template.model import LogicalId, WebsocketRoute

_RESERVED = ("$connect", "$disconnect", "$default")
_ROUTE = ("ApiId", "ApiKeyRequired", "AuthorizationType", "ModelSelectionExpression",
          "OperationName", "RequestModels", "RouteKey", "RouteResponseSelectionExpression",
          "Target")  # fmt: skip
_HINTS = {
    "AuthorizerId": "say it in the function's event: `authorizer:`",
    "AuthorizationScopes": "WebSocket APIs know no JWT authorizer",
}
_RESPONSE = ("ApiId", "RouteId", "RouteResponseKey")
_MODEL = ("ApiId", "ContentType", "Description", "Name", "Schema")


def read_routes(
    resources: Mapping[str, Mapping[LogicalId, Fields]],
    targets: Mapping[str, Target],
    of_framework: Mapping[str, WebsocketRoute],
    ids_of_framework: Mapping[LogicalId, WebsocketRoute],
) -> dict[str, WebsocketRoute]:
    """By key, those of the resources alone. Raises TemplateError."""
    declared = resources.get("Route", {})
    answering = _answering(resources.get("RouteResponse", {}), {*declared, *ids_of_framework})
    models = _models(resources.get("Model", {}))
    routes: dict[str, WebsocketRoute] = {}
    for name, fields in declared.items():
        route = _route(fields, targets, models, has_response=name in answering)
        if route.key in of_framework or route.key in routes:
            fields.refuse("RouteKey", f"a second route {route.key}")
        routes[route.key] = route
    return routes


def read_selection_expression(provider: Fields) -> str:
    """The route selection expression, which is evaluated anew for each message."""
    key = "websocketsApiRouteSelectionExpression"
    text = provider.text(key, "$request.body.action")
    _parsed(provider, key, text)
    return text


def _route(
    fields: Fields,
    targets: Mapping[str, Target],
    models: Mapping[str, Draft4Validator],
    *,
    has_response: bool,
) -> WebsocketRoute:
    fields.only(_ROUTE, _HINTS)
    key, target = _key(fields), _target(fields, targets)
    _check_access(fields, key)
    return WebsocketRoute(
        key,
        target.integration,
        # Both are needed (developer guide, apigateway-websocket-api-route-response).
        two_way=_selects_response(fields) and has_response,
        timeout_s=target.timeout_s,
        models=_request_models(fields, key, models),
        wants_signature=fields.text("AuthorizationType", "NONE") == "AWS_IAM",
        wants_api_key=fields.flag("ApiKeyRequired", False),
    )


def _check_access(fields: Fields, key: str) -> None:
    kind = fields.text("AuthorizationType", "NONE")
    if kind not in ("AWS_IAM", "NONE"):
        fields.refuse("AuthorizationType", "say it in the function's event: `authorizer:`")
    for name, is_asked in (
        ("AuthorizationType", kind == "AWS_IAM"),
        ("ApiKeyRequired", fields.flag("ApiKeyRequired", False)),
    ):
        if is_asked and key != "$connect":
            # Developer guide, apigateway-websocket-api-control-access.
            fields.refuse(name, "API Gateway authorizes $connect alone")


def _key(fields: Fields) -> str:
    key = fields.text("RouteKey")
    if key.startswith("$") and key not in _RESERVED:
        fields.refuse("RouteKey", f"only {', '.join(_RESERVED)} begin with a $")
    return key


def _target(fields: Fields, targets: Mapping[str, Target]) -> Target:
    kind, _, integration = fields.text("Target").partition("/")
    if kind != "integrations" or integration not in targets:
        fields.refuse("Target", "`integrations/` and an integration of this API are expected")
    return targets[integration]


def _selects_response(fields: Fields) -> bool:
    if "RouteResponseSelectionExpression" not in fields:
        return False
    if fields.text("RouteResponseSelectionExpression") != "$default":
        fields.refuse("RouteResponseSelectionExpression", "API Gateway knows only $default")
    return True


def _answering(resources: Mapping[LogicalId, Fields], routes: set[LogicalId]) -> set[str]:
    """The ids of the routes that have a response."""
    answering = set()
    for fields in resources.values():
        fields.only(_RESPONSE)
        if fields.text("RouteResponseKey") != "$default":
            fields.refuse("RouteResponseKey", "API Gateway knows only $default")
        if (route := fields.text("RouteId")) not in routes:
            fields.refuse("RouteId", f"no route {route} of the WebSocket API")
        answering.add(route)
    return answering


# Models


def _models(resources: Mapping[LogicalId, Fields]) -> dict[str, Draft4Validator]:
    """By name, which is what routes call them by, and by id."""
    models: dict[str, Draft4Validator] = {}
    for logical_id, fields in resources.items():
        fields.only(_MODEL)
        if fields.text("ContentType", "application/json") != "application/json":
            fields.refuse("ContentType", "only application/json is emulated")
        try:
            model = parse_model(fields.raw("Schema"))
        except BadModel as error:
            fields.refuse("Schema", str(error))
        models |= {logical_id: model, fields.text("Name"): model}
    return models


def _request_models(
    fields: Fields, key: str, models: Mapping[str, Draft4Validator]
) -> RequestModels | None:
    """None without an expression: then API Gateway validates nothing."""
    if "ModelSelectionExpression" not in fields:
        return None
    if key in ("$connect", "$disconnect"):
        fields.refuse("ModelSelectionExpression", f"{key} has no body")
    text = fields.text("ModelSelectionExpression")
    selection = _parsed(fields, "ModelSelectionExpression", text)
    chosen = fields.block("RequestModels")
    return RequestModels(selection, {name: _model(chosen, name, models) for name in chosen.keys()})  # noqa: SIM118


def _parsed(fields: Fields, key: str, text: str) -> SelectionExpression:
    try:
        return parse_expression(text)
    except BadExpression as error:
        fields.refuse(key, str(error))


def _model(chosen: Fields, name: str, models: Mapping[str, Draft4Validator]) -> Draft4Validator:
    if (model := chosen.text(name)) not in models:
        chosen.refuse(name, f"no model {model} of the WebSocket API")
    return models[model]
