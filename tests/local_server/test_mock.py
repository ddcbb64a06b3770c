"""MOCK integrations."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.mapping_templates import parse_template
from local_server.mock import Mock, MockResponse, Passthrough, Templates, mock_payload
from local_server.responses import Malformed
from local_server.selection import parse_expression


def event(body: str = '{"action": "ping", "id": 7}', **more: Any) -> dict[str, Any]:
    context = {"routeKey": "ping", "connectionId": "c=", "stage": "dev"}
    return {"requestContext": context, "body": body, "isBase64Encoded": False, **more}


def templates(by_key: Mapping[str, str], selection: str | None = None) -> Templates:
    return Templates(
        {key: parse_template(text) for key, text in by_key.items()},
        parse_expression(selection, of_response=True) if selection else None,
    )


def answering(*responses: MockResponse, status: str = "200") -> Mock:
    return Mock(templates({"$default": f'{{"statusCode": {status}}}'}), responses)


def reply(mock: Mock, body: str = '{"action": "ping", "id": 7}') -> Any:
    return json.loads(mock_payload(mock, event(body), two_way=True))["body"]


def status(mock: Mock, body: str = "{}") -> Any:
    return json.loads(mock_payload(mock, event(body), two_way=False))["statusCode"]


# The request


def test_without_a_template_the_status_is_200() -> None:
    assert status(Mock()) == 200


@pytest.mark.parametrize(
    "text", ['{"statusCode": 204}', "{statusCode: 204}", '{"statusCode":204, "x": "y"}']
)
def test_the_request_template_decides_on_the_status(text: str) -> None:
    assert status(Mock(templates({"$default": text}))) == 204


@pytest.mark.parametrize(
    "text",
    ["", "ok", "{}", "[]", '{"statusCode": "200"}', '{"statusCode": 200.5}',
     '{"statusCode": true}', '{"statusCode": 0}', '{"statusCode": 99999}'],
)  # fmt: skip
def test_a_template_without_a_status_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        status(Mock(templates({"$default": text})))


@pytest.mark.parametrize(
    ("body", "code"), [('{"kind": "a"}', 201), ('{"kind": "b"}', 202), ("no JSON", 202)]
)
def test_an_expression_selects_the_template_or_else_default(body: str, code: int) -> None:
    by_key = {"a": '{"statusCode": 201}', "$default": '{"statusCode": 202}'}
    assert status(Mock(templates(by_key, "${request.body.kind}")), body) == code


def test_the_guides_key_needs_no_expression() -> None:
    assert status(Mock(templates({"application/json": '{"statusCode": 201}'}))) == 201


def test_a_message_that_no_template_fits_is_passed_through() -> None:
    mock = Mock(templates({"a": '{"statusCode": 201}'}, "b"))
    assert status(mock, '{"statusCode": 203}') == 203


@pytest.mark.parametrize("passthrough", [Passthrough.NEVER, Passthrough.WHEN_NO_TEMPLATES])
def test_passing_through_can_be_forbidden(passthrough: Passthrough) -> None:
    mock = Mock(templates({"a": '{"statusCode": 201}'}, "b"), (), passthrough)
    with pytest.raises(Malformed):
        status(mock, '{"statusCode": 203}')


# The response


def test_a_one_way_route_has_no_reply() -> None:
    payload = mock_payload(answering(), event(), two_way=False)
    assert json.loads(payload) == {"statusCode": 200}


@pytest.mark.parametrize(
    ("code", "text"),
    [("201", "created"), ("204", "fine"), ("404", "sorry"), ("299", "fine"), ("200", "fine")],
)
def test_the_status_selects_the_response(code: str, text: str) -> None:
    mock = answering(
        MockResponse("$default", templates({"$default": "sorry"})),
        MockResponse("/20/", templates({"$default": "a pattern is of the whole status"})),
        MockResponse("201", templates({"$default": "created"})),
        MockResponse("/2\\d\\d/", templates({"$default": "fine"})),
        status=code,
    )
    assert reply(mock) == text


def test_without_a_response_for_the_status_it_is_malformed() -> None:
    with pytest.raises(Malformed):
        reply(answering(MockResponse("404")))


def test_the_response_template_sees_what_the_request_template_made() -> None:
    request = templates({"$default": '{"statusCode": 200, "id": $input.json(\'$.id\')}'})
    response = MockResponse(
        "$default", templates({"$default": "pong $input.path('$.id') on $context.stage"})
    )
    assert reply(Mock(request, (response,))) == "pong 7 on dev"


def test_without_a_response_template_the_reply_is_what_the_request_template_made() -> None:
    assert reply(answering(MockResponse("$default"))) == '{"statusCode": 200}'


def test_a_response_template_is_selected_by_status_or_message() -> None:
    by_key = {"200": "ok", "ping": "pong", "$default": "other"}
    expressions = {
        "${integration.response.statuscode}": "ok",
        "${request.body.action}": "pong",
        "${integration.response.header.x}": "other",
        "ping": "pong",
    }
    for expression, text in expressions.items():
        response = MockResponse("$default", templates(by_key, expression))
        assert reply(answering(response)) == text


def test_templates_read_stage_variables() -> None:
    response = MockResponse("$default", templates({"$default": "$stageVariables.greeting"}))
    given = event(stageVariables={"greeting": "hello"})
    payload = mock_payload(answering(response), given, two_way=True)
    assert json.loads(payload)["body"] == "hello"


@pytest.mark.parametrize("kind", ["CONNECT", "DISCONNECT"])
@pytest.mark.parametrize("two_way", [True, False])
def test_connect_and_disconnect_are_never_replied_to__1_2_11(kind: str, two_way: bool) -> None:
    payload = mock_payload(Mock(), {"requestContext": {"eventType": kind}}, two_way=two_way)
    assert json.loads(payload) == {"statusCode": 200}


@given(st.text())
def test_no_message_is_a_failure(body: str) -> None:
    response = MockResponse("/2../", templates({"$default": "$input.body $input.json('$.id')"}))
    mock = answering(response)
    assert isinstance(reply(mock, body), str)


def test_a_message_nested_beyond_reason_is_malformed() -> None:
    response = MockResponse("$default", templates({"$default": "$input.path('$.deep')"}))
    mock = Mock(
        templates({"$default": '{"statusCode": 200, "deep": $input.json(\'$.deep\')}'}),
        (response,),
    )
    body = '{"deep": ' + '{"a": ' * 900 + "1" + "}" * 901
    with pytest.raises(Malformed):
        mock_payload(mock, event(body), two_way=True)
