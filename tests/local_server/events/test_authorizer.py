"""What a function that authorizes is shown."""

from typing import Any

from local_server.events.authorizer import (
    connect_arn,
    connect_authorizer_event,
    http_authorizer_event,
    rest_authorizer_event,
    route_arn,
)
from local_server.events.http import http_event
from tests.local_server.authorizers.calls import API, REGION, connect, http_call, peer

# The keys of a recorded event (localstack/localstack#7191).
CONNECT_KEYS = [
    "type",
    "methodArn",
    "headers",
    "multiValueHeaders",
    "queryStringParameters",
    "multiValueQueryStringParameters",
    "stageVariables",
    "requestContext",
]


def upgrade(*headers: tuple[str, str], query: str = "", **changes: Any) -> dict[str, Any]:
    connection = peer(**changes)
    event = connect(*headers, query=query, connection=connection)
    return connect_authorizer_event(event, connect_arn(connection, REGION), connection)


def test_an_upgrade_is_shown_with_exactly_these_keys__3_3() -> None:
    event = upgrade()
    assert list(event) == CONNECT_KEYS
    assert event["type"] == "REQUEST"
    assert event["methodArn"] == f"{API}/dev/$connect"


def test_what_is_empty_is_there_all_the_same__3_3() -> None:
    event = upgrade()
    assert event["queryStringParameters"] == {}
    assert event["multiValueQueryStringParameters"] == {}
    assert event["stageVariables"] == {}


def test_headers_are_those_of_the_hop_too__3_3() -> None:
    sent = (("host", "h"), ("connection", "Upgrade"), ("upgrade", "websocket"), ("X-Mine", "1"))
    headers = upgrade(*sent, ("Content-Length", "9"))["headers"]
    assert list(headers) == [
        "Connection",
        "content-length",
        "Host",
        "Upgrade",
        "X-Amzn-Trace-Id",
        "X-Forwarded-For",
        "X-Forwarded-Port",
        "X-Forwarded-Proto",
        "X-Mine",
    ]
    assert headers["Connection"] == "upgrade"
    assert headers["Upgrade"] == "websocket"
    assert headers["content-length"] == "0"


def test_every_header_and_query_parameter_has_a_list_beside_it__3_3() -> None:
    event = upgrade(("X-A", "1"), ("X-A", "2"), query="q=1&q=2&r=a%2Bb")
    assert event["headers"].keys() == event["multiValueHeaders"].keys()
    assert event["headers"]["X-A"] == "2"
    assert event["multiValueHeaders"]["X-A"] == ["1", "2"]
    assert event["multiValueHeaders"]["Connection"] == ["upgrade"]
    assert event["queryStringParameters"] == {"q": "2", "r": "a+b"}
    assert event["multiValueQueryStringParameters"] == {"q": ["1", "2"], "r": ["a+b"]}


def test_the_context_is_that_of_connect_before_anything_is_granted__3_3() -> None:
    assert upgrade()["requestContext"] == connect()["requestContext"]
    assert "authorizer" not in upgrade()["requestContext"]


def test_stage_variables_are_shown() -> None:
    assert upgrade(stage_variables={"a": "b"})["stageVariables"] == {"a": "b"}


def test_where_headers_are_in_lower_case_all_of_them_are() -> None:
    headers = upgrade(("Host", "h"), lowers_headers=True)["headers"]
    assert {"connection", "upgrade", "host"} <= headers.keys()
    assert all(name == name.lower() for name in headers)


# HTTP APIs


def test_a_route_arn_has_the_method_and_path_of_the_request() -> None:
    call = http_call(method="POST", path="/things/a%20b", route="ANY /things/{id}")
    assert route_arn(call, REGION) == f"{API}/$default/POST/things/a b"


def test_payload_2_is_the_functions_own_event_without_a_body__6_4() -> None:
    call = http_call(("X-A", "1"), ("Cookie", "a=b"), query="q=1")
    event = http_authorizer_event(http_event(call), "arn", ("one", "two"))
    # As recorded by swift-server/swift-aws-lambda-events, but for what that request did not have.
    assert list(event) == [
        "version",
        "type",
        "routeArn",
        "identitySource",
        "routeKey",
        "rawPath",
        "rawQueryString",
        "cookies",
        "headers",
        "queryStringParameters",
        "requestContext",
        "pathParameters",
    ]
    assert (event["version"], event["type"], event["routeArn"]) == ("2.0", "REQUEST", "arn")
    assert event["identitySource"] == ["one", "two"]
    assert event["requestContext"] == http_event(call)["requestContext"]


def test_payload_2_without_identity_sources_says_null() -> None:
    assert http_authorizer_event(http_event(http_call()), "arn", ())["identitySource"] is None


def test_payload_1_has_the_documented_keys__6_4() -> None:
    call = http_call(("X-Key", "k"), ("content-length", "0"), query="q=1&q=2")
    event = rest_authorizer_event(call, "arn", ("user1", "123"))
    headers = event.pop("headers")
    assert event == {
        "version": "1.0",
        "type": "REQUEST",
        "methodArn": "arn",
        "identitySource": "user1,123",
        "authorizationToken": "user1,123",
        "resource": "/things/{id}",
        "path": "/things/1",
        "httpMethod": "GET",
        "queryStringParameters": {"q": "2"},
        "pathParameters": {"id": "1"},
        "stageVariables": {},
        "requestContext": {
            "path": "/things/1",
            "accountId": "000000000000",
            "resourceId": "GET /things/{id}",
            "stage": "$default",
            "requestId": "R1knPH17NjMFftw=",
            "identity": {"sourceIp": "203.0.113.7"},
            "resourcePath": "/things/{id}",
            "httpMethod": "GET",
            "apiId": "abc",
        },
    }
    assert headers["X-Key"] == "k"
    assert [name for name in headers if name.lower() == "content-length"] == ["Content-Length"]


def test_payload_1_without_identity_sources_says_null() -> None:
    event = rest_authorizer_event(http_call(route="$default"), "arn", ())
    assert (event["identitySource"], event["authorizationToken"]) == (None, None)
    assert event["resource"] == "$default"
