"""HTTP routes and CORS: `httpApi: GET /p`, `*`, or a mapping that says more."""

import re
from collections.abc import Mapping

from local_server.errors import TemplateError
from local_server.template.authorizers import read_route_authorizer
from local_server.template.document import Block
from local_server.template.fields import Fields
from local_server.template.model import Cors, FunctionName, HttpAuthorizer, HttpRoute

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


def read_http_route(
    function: FunctionName, event: Fields, authorizers: Mapping[str, HttpAuthorizer]
) -> HttpRoute:
    """Raises TemplateError."""
    if not isinstance(event.raw("httpApi"), Block):
        return HttpRoute(*_checked(*_words(event), event), function)
    fields = event.block("httpApi")
    fields.only(("method", "path", "authorizer"))
    key = _checked(fields.text("method", "*"), fields.text("path"), event)
    return HttpRoute(*key, function, *read_route_authorizer(fields, authorizers))


def _words(event: Fields) -> tuple[str, str]:
    words = event.text("httpApi").split()
    if words == ["*"]:
        return "*", "*"
    if len(words) != 2:
        event.refuse("httpApi", "`METHOD /path` or `*` is expected")
    return words[0], words[1]


def _checked(method: str, path: str, event: Fields) -> tuple[str, str]:
    if path == "*":
        return "*", "*"
    method = "ANY" if method == "*" else method.upper()
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
