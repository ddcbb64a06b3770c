"""Which route of an HTTP API takes a request."""

from collections.abc import Iterable
from urllib.parse import unquote

from local_server.events.http import RouteMatch
from local_server.template import HttpRoute


class NoHttpRoute(Exception):
    """The answer is 404."""


def match_route(
    routes: Iterable[HttpRoute], method: str, path: str
) -> tuple[HttpRoute, RouteMatch]:
    """The most specific route: full match, then {proxy+}, then $default. Raises NoHttpRoute.

    docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
    """
    candidates = [
        (_rank(route), route, parameters)
        for route in routes
        if route.method in (method, "ANY", "*")
        and (parameters := _parameters(route.path, path)) is not None
    ]
    if not candidates:
        raise NoHttpRoute(f"{method} {path}")
    _, route, parameters = min(candidates, key=lambda candidate: candidate[0])
    return route, RouteMatch(route.key, parameters)


def _parameters(template: str, path: str) -> dict[str, str] | None:
    """The path variables, or None where the path does not fit."""
    if template == "*":
        return {}
    wanted, given = template.split("/"), path.split("/")
    greedy = wanted[-1].endswith("+}")
    if len(given) < len(wanted) or (len(given) > len(wanted) and not greedy):
        return None
    found: dict[str, str] = {}
    for index, segment in enumerate(wanted):
        if segment.endswith("+}"):
            found[segment[1:-2]] = unquote("/".join(given[index:]))
            return found if given[index] else None
        if segment.startswith("{") and given[index]:
            found[segment[1:-1]] = unquote(given[index])
        elif segment != unquote(given[index]):
            return None
    return found


def _rank(route: HttpRoute) -> tuple[int, int, tuple[int, ...], int]:
    """Smaller is more specific."""
    if route.path == "*":
        return (2, 0, (), 0)
    segments = route.path.split("/")
    greedy = segments[-1].endswith("+}")
    variable = tuple(int(segment.startswith("{")) for segment in segments)
    return (int(greedy), -len(segments) if greedy else 0, variable, int(route.method == "ANY"))
