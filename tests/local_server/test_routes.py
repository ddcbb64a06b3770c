"""Which route of an HTTP API takes a request."""

import pytest

from local_server.routes import NoHttpRoute, match_route
from local_server.template import FunctionName, HttpRoute

ROUTES = [
    HttpRoute(method, path, FunctionName("f"))
    for method, path in [
        ("*", "*"),
        ("ANY", "/pets/{proxy+}"),
        ("GET", "/pets/dog/{proxy+}"),
        ("GET", "/pets/{id}"),
        ("GET", "/pets/mine"),
        ("ANY", "/pets/mine"),
        ("POST", "/pets"),
        ("GET", "/{a}/b/{c}"),
    ]
]


@pytest.mark.parametrize(
    ("method", "path", "key", "parameters"),
    [
        ("GET", "/pets/mine", "GET /pets/mine", {}),
        ("PUT", "/pets/mine", "ANY /pets/mine", {}),
        ("GET", "/pets/7", "GET /pets/{id}", {"id": "7"}),
        ("GET", "/pets/a%20b", "GET /pets/{id}", {"id": "a b"}),
        ("GET", "/pets/7/toys", "ANY /pets/{proxy+}", {"proxy": "7/toys"}),
        ("GET", "/pets/dog/a/b", "GET /pets/dog/{proxy+}", {"proxy": "a/b"}),
        ("DELETE", "/pets/7", "ANY /pets/{proxy+}", {"proxy": "7"}),
        ("GET", "/x/b/y", "GET /{a}/b/{c}", {"a": "x", "c": "y"}),
        ("GET", "/pets", "$default", {}),
        ("GET", "/pets/", "$default", {}),
        ("GET", "/", "$default", {}),
    ],
)
def test_the_most_specific_route_wins(
    method: str, path: str, key: str, parameters: dict[str, str]
) -> None:
    route, match = match_route(ROUTES, method, path)
    assert (match.key, match.parameters) == (key, parameters)
    assert route.key == key


def test_without_a_catch_all_there_may_be_no_route__6_3_1() -> None:
    with pytest.raises(NoHttpRoute):
        match_route(ROUTES[1:], "GET", "/nowhere")
