"""The route selection expression."""

import pytest

from local_server.selection import NoRoute, evaluate, select_route

ROUTES = {"$connect", "$disconnect", "$default", "send", "a/b", "[1, 2]", "7", "true"}


@pytest.mark.parametrize(
    ("expression", "body", "key"),
    [
        ("$request.body.action", '{"action": "send"}', "send"),
        ("$request.body.a.b", '{"a": {"b": "send"}}', "send"),
        ("$request.body.a[1]", '{"a": ["x", "send"]}', "send"),
        ("${request.body.a}/${request.body.b}", '{"a": "a", "b": "b"}', "a/b"),
        ("${request.body.a}", '{"a": "send"}', "send"),
        ("$request.body.action", '{"action": 7}', "7"),
        ("$request.body.action", '{"action": true}', "true"),
        ("$request.body.action", '{"action": [1, 2]}', "[1, 2]"),
        ("$request.body.action", '{"action": {"a": "é"}}', '{"a":"é"}'),
        ("$request.body.action", '{"action": null}', ""),
        ("$request.body.action", '{"action": ' + "[" * 900 + "]" * 900 + "}", ""),
        ("$request.body.action", "{}", ""),
        ("$request.body.action", "[]", ""),
        ("$request.body.action", '"send"', ""),
        ("$request.body.action", "no JSON", ""),
        ("$request.body.action", "", ""),
        ("$request.body.action", '{"action":"send", body:"unquoted"}', "send"),
        ("\\$default", '{"action": "send"}', "$default"),
        ("static", "{}", "static"),
    ],
)
def test_expressions_read_the_body(expression: str, body: str, key: str) -> None:
    assert evaluate(expression, body) == key


def test_an_exact_match_wins() -> None:
    assert select_route("$request.body.action", '{"action": "send"}', ROUTES) == "send"


@pytest.mark.parametrize("body", ['{"action": "Send"}', '{"action": "x"}', "no JSON", ""])
def test_everything_else_goes_to_default(body: str) -> None:
    assert select_route("$request.body.action", body, ROUTES) == "$default"


def test_without_a_default_there_is_no_route() -> None:
    with pytest.raises(NoRoute):
        select_route("$request.body.action", '{"action": "x"}', {"send"})


@pytest.mark.parametrize("key", ["$connect", "$disconnect"])
def test_a_message_cannot_invoke_connect_or_disconnect(key: str) -> None:
    assert select_route("$request.body.action", f'{{"action": "{key}"}}', ROUTES) == "$default"
    with pytest.raises(NoRoute):
        select_route("$request.body.action", f'{{"action": "{key}"}}', {key})


def test_a_body_nested_beyond_reason_goes_to_default() -> None:
    assert select_route("$request.body.action", "[" * 60_000, ROUTES) == "$default"
