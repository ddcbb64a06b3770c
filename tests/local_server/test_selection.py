"""Selection expressions."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.selection import BadExpression, NoRoute, parse_expression, select_route

ROUTES = {"$connect", "$disconnect", "$default", "send", "a/b", "[1, 2]", "7", "true"}
# The developer guide's own example (websocket-api-develop-routes).
CHAT = '{"service": "chat", "action": "join", "data": {"room": "room1234"}}'


@pytest.mark.parametrize(
    ("expression", "key"),
    [
        ("$request.body.action", "join"),
        ("${request.body.action}", "join"),
        ("${request.body.service}/${request.body.action}", "chat/join"),
        ("action", "action"),
        ("\\$default", "$default"),
    ],
)
def test_the_guides_examples_evaluate_as_it_says__2_1_1(expression: str, key: str) -> None:
    assert parse_expression(expression).evaluate(CHAT) == key


def test_what_is_not_found_is_empty__2_1_1() -> None:
    # The guide shows `join`, without the hyphen that its own rule leaves.
    expression = "${request.body.action}-${request.body.invalidPath}"
    assert parse_expression(expression).evaluate(CHAT) == "join-"


@pytest.mark.parametrize(
    ("expression", "key"),
    [
        ("$request.body.data.room", "room1234"),
        ("$request.body['data']['room']", "room1234"),
        ("$request.body..room", "[room1234]"),
        ("${$request.body.service}", "chat"),
        ("${ request.body.service }", "chat"),
        ("$request.body.service/$request.body.action", "chat/join"),
        ("v2-${request.body.action}!", "v2-join!"),
        ("\\$${request.body.action}", "$join"),
        ("a\\b", "a\\b"),
    ],
)
def test_variables_stand_with_and_without_braces(expression: str, key: str) -> None:
    assert parse_expression(expression).evaluate(CHAT) == key


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ('{"action": "send"}', "send"),
        ('{"action": 7}', "7"),
        ('{"action": 1.5}', "1.5"),
        ('{"action": true}', "true"),
        ('{"action": ["item1", "item2"]}', "[item1, item2]"),
        ('{"action": [1, [null, "x"]]}', "[1, [null, x]]"),
        ('{"action": {"a": "é", "b": [1]}}', "{a=é, b=[1]}"),
        ('{"action": ""}', ""),
        ('{"action": null}', ""),
        ("{}", ""),
        ("[]", ""),
        ('"send"', ""),
        ("no JSON", ""),
        ("", ""),
    ],
)
def test_what_is_no_text_is_written_as_java_does__2_1_1(body: str, key: str) -> None:
    assert parse_expression("$request.body.action").evaluate(body) == key


def test_elements_are_counted_from_both_ends__2_1_1() -> None:
    body = '{"items": [{"x": "first"}, {"x": "last"}]}'
    assert parse_expression("$request.body.items[0].x").evaluate(body) == "first"
    assert parse_expression("$request.body.items[-1].x").evaluate(body) == "last"
    assert parse_expression("$request.body.items[*].x").evaluate(body) == "[first, last]"


def test_a_value_is_not_evaluated_again__2_1_1() -> None:
    body = json.dumps({"action": "${request.body.other}", "other": "send"})
    assert parse_expression("$request.body.action").evaluate(body) == "${request.body.other}"


def test_an_exact_match_wins__2_1_2() -> None:
    assert select_route("$request.body.action", '{"action": "send"}', ROUTES) == "send"


@pytest.mark.parametrize("body", ['{"action": "Send"}', '{"action": "send "}', '{"action": "x"}'])
def test_what_does_not_match_in_every_letter_goes_to_default__2_1_2(body: str) -> None:
    assert select_route("$request.body.action", body, ROUTES) == "$default"


@pytest.mark.parametrize("body", ["no JSON", "", "send", "{", "<action>send</action>"])
def test_what_is_no_json_goes_to_default__2_1_3__2_1_7(body: str) -> None:
    expression = "${request.body.service}/${request.body.action}"
    assert select_route(expression, body, {"/", "$default"}) == "$default"


def test_json_is_read_forgivingly__2_1_4() -> None:
    body = '{"action":"sendMessage", body:"hello"}'
    assert select_route("$request.body.action", body, {"sendMessage"}) == "sendMessage"
    assert select_route("$request.body.action", "{action: 'send'}", ROUTES) == "send"


def test_without_a_default_there_is_no_route__2_1_5() -> None:
    with pytest.raises(NoRoute):
        select_route("$request.body.action", '{"action": "x"}', {"send"})


@pytest.mark.parametrize("key", ["$connect", "$disconnect"])
def test_a_message_cannot_invoke_connect_or_disconnect__2_1_6(key: str) -> None:
    assert select_route("$request.body.action", f'{{"action": "{key}"}}', ROUTES) == "$default"
    with pytest.raises(NoRoute):
        select_route("$request.body.action", f'{{"action": "{key}"}}', {key})


@pytest.mark.parametrize(
    "body", ["[" * 60_000, '{"action": ' + "[" * 900 + "]" * 900 + "}"], ids=["open", "closed"]
)
def test_a_body_nested_beyond_reason_goes_to_default(body: str) -> None:
    assert select_route("$request.body.action", body, ROUTES) == "$default"


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("$request.header.x", "request.header.x is not known of a message"),
        ("$request.querystring.x", "only $request.body is"),
        ("$context.connectionId", "not known"),
        ("${stageVariables.x}", "not known"),
        ("${integration.response.statuscode}", "not known"),
        ("$requestbody", "not known"),
        ("$request.bodyaction", "not known"),
        ("$default", "not known"),
        ("${request.body.a", "begins no variable"),
        ("price in $", "begins no variable"),
        ("${}", "not known"),
        ("$request.body.", "no JSONPath"),
        ("$request.body[?(@.x)]", "not evaluated"),
        ("", "an expression is expected"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(expression: str, reason: str) -> None:
    with pytest.raises(BadExpression) as refusal:
        parse_expression(expression)
    assert reason in str(refusal.value)


def test_an_integration_response_may_be_asked_for_its_status() -> None:
    expression = parse_expression("s${integration.response.statuscode}", of_response=True)
    assert expression.evaluate("", {"integration.response.statuscode": "200"}) == "s200"
    header = parse_expression("$integration.response.header.X-Kind", of_response=True)
    assert header.evaluate("", {}) == ""


EXPRESSIONS = (
    "$request.body.action",
    "${request.body.a}/${request.body.b[0]['c']}",
    "$request.body..x",
    "$request.body",
)


@given(st.sampled_from(EXPRESSIONS), st.text() | st.text(alphabet="{}[]:,\"'\\action1 \n"))
def test_no_body_is_a_failure__2_1_3(expression: str, body: str) -> None:
    assert select_route(expression, body, {"$default"}) == "$default"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("axb"), inner),
)


@given(st.sampled_from(EXPRESSIONS), JSON)
def test_no_document_is_a_failure__2_1_1(expression: str, document: object) -> None:
    assert select_route(expression, json.dumps(document), {"$default"}) == "$default"


@given(st.text(alphabet="${}.[]*'\\abrequest body"))
def test_no_expression_does_worse_than_a_refusal(expression: str) -> None:
    try:
        parse_expression(expression).evaluate(CHAT)
    except BadExpression:
        return
