"""WebSocket events against recorded ones."""

from dataclasses import replace
from typing import Any

import pytest

from local_server.clock import Milliseconds
from local_server.events.websocket import Peer, connect_event, disconnect_event, message_event
from local_server.ids import ConnectionId, MessageId, RequestId
from local_server.requests import Request

PEER = Peer(
    connection_id=ConnectionId("R1kmxc2VNjMCFIA="),
    connected_at=Milliseconds(1705751697419),
    domain_name="dl7ptocha9.execute-api.ap-northeast-1.amazonaws.com",
    source_ip="49.105.91.154",
    user_agent="Mozilla/5.0",
    api_id="dl7ptocha9",
    stage="prod",
)
REQUEST_ID = RequestId("R1knPH17NjMFftw=")
NOW = Milliseconds(1705751700453)
CONTEXT = [
    "routeKey",
    "eventType",
    "extendedRequestId",
    "requestTime",
    "messageDirection",
    "stage",
    "connectedAt",
    "requestTimeEpoch",
    "identity",
    "requestId",
    "domainName",
    "connectionId",
    "apiId",
]


def upgrade(*headers: tuple[str, str], query: str = "") -> Request:
    return Request("GET", "/prod", query, headers, b"", "49.105.91.154", 443)


def connect(*headers: tuple[str, str], query: str = "") -> dict[str, Any]:
    return connect_event(PEER, upgrade(*headers, query=query), REQUEST_ID, NOW, "Root=1-0-0")


def message() -> dict[str, Any]:
    identifier = MessageId("R1knPc2ntjMCFIA=")
    return message_event(PEER, "$default", '{"a": 1}', identifier, REQUEST_ID, NOW)


def disconnect() -> dict[str, Any]:
    return disconnect_event(PEER, 1001, "", REQUEST_ID, NOW)


def shape(value: Any) -> Any:
    """Keys in order and types, without the values."""
    if isinstance(value, dict):
        return [(key, shape(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [shape(item) for item in value]
    return type(value).__name__


# Against the recorded events


@pytest.mark.parametrize("capture", ["websocket-message"], indirect=True)
def test_a_message_is_shaped_as_recorded__3_1_3(capture: Any) -> None:
    assert shape(message()) == shape(capture)


@pytest.mark.parametrize("capture", ["websocket-disconnect"], indirect=True)
def test_a_disconnect_is_shaped_as_recorded__3_1_4(capture: Any) -> None:
    assert shape(disconnect()) == shape(capture)


@pytest.mark.parametrize("capture", ["websocket-connect"], indirect=True)
def test_a_connect_is_shaped_as_recorded(capture: Any) -> None:
    sent = [header for header in capture["headers"].items() if not header[0].startswith("X-")]
    capture["requestContext"]["identity"] = {"userAgent": "", "sourceIp": ""}  # an API key's is not
    assert shape(connect(*sent)) == shape(capture)


# What does not need them


def test_a_connect_has_no_body_and_without_a_query_no_query_keys__3_1_1() -> None:
    assert list(connect()) == ["headers", "multiValueHeaders", "requestContext", "isBase64Encoded"]


def test_a_query_is_decoded_and_its_last_value_wins__3_1_2() -> None:
    event = connect(query="token=a%2Bb&x=1&x=2")
    assert event["queryStringParameters"] == {"token": "a+b", "x": "2"}
    assert event["multiValueQueryStringParameters"] == {"token": ["a+b"], "x": ["1", "2"]}
    assert list(event)[2:4] == ["queryStringParameters", "multiValueQueryStringParameters"]


def test_headers_keep_the_clients_case_but_for_the_canonical_ones__3_1_5() -> None:
    event = connect(("host", "h"), ("x-api-key", "k"), ("sec-websocket-key", "s"), ("Origin", "o"))
    assert list(event["headers"]) == [
        "Host",
        "Origin",
        "Sec-WebSocket-Key",
        "X-Amzn-Trace-Id",
        "x-api-key",
        "X-Forwarded-For",
        "X-Forwarded-Port",
        "X-Forwarded-Proto",
    ]


def test_the_request_context_has_its_keys_in_order__3_1_6() -> None:
    assert list(connect()["requestContext"]) == CONTEXT
    assert list(message()["requestContext"]) == [CONTEXT[0], "messageId", *CONTEXT[1:]]
    assert list(disconnect()["requestContext"]) == [
        CONTEXT[0],
        "disconnectStatusCode",
        *CONTEXT[1:5],
        "disconnectReason",
        *CONTEXT[5:],
    ]


@pytest.mark.parametrize("event", [connect(), message(), disconnect()])
def test_every_event_says_the_same_of_its_connection__3_1_7__3_1_8__3_1_9(
    event: dict[str, Any],
) -> None:
    context = event["requestContext"]
    assert context["requestId"] == context["extendedRequestId"] == REQUEST_ID
    assert context["requestTime"] == "20/Jan/2024:11:55:00 +0000"
    assert (context["connectedAt"], context["requestTimeEpoch"]) == (1705751697419, NOW)
    assert context["messageDirection"] == "IN"
    assert event["isBase64Encoded"] is False


def test_a_client_without_a_user_agent_has_no_such_key__3_1_10() -> None:
    peer = Peer(**{**PEER.__dict__, "user_agent": None})
    event = disconnect_event(peer, 1000, "", REQUEST_ID, NOW)
    assert event["requestContext"]["identity"] == {"sourceIp": "49.105.91.154"}


def test_stage_variables_are_in_every_event_if_there_are_any__3_1_1__3_1_3() -> None:
    peer = replace(PEER, stage_variables={"house": "market"})
    identifier = MessageId("R1knPc2ntjMCFIA=")
    events = (
        connect_event(peer, upgrade(), REQUEST_ID, NOW, "Root=1-0-0"),
        message_event(peer, "$default", "", identifier, REQUEST_ID, NOW),
        disconnect_event(peer, 1001, "", REQUEST_ID, NOW),
    )
    assert [event["stageVariables"] for event in events] == [{"house": "market"}] * 3
    assert not any("stageVariables" in event for event in (connect(), message(), disconnect()))


def test_behind_a_key_of_several_levels_header_names_are_lowered__1_1_6() -> None:
    peer = replace(PEER, lowers_headers=True)
    request = upgrade(("Host", "h"), ("X-Mine", "Mixed"))
    event = connect_event(peer, request, REQUEST_ID, NOW, "Root=1-0-0")
    assert event["headers"]["x-mine"] == "Mixed"
    assert all(name == name.lower() for name in (*event["headers"], *event["multiValueHeaders"]))


def test_what_an_authorizer_granted_stands_in_every_event__3_1_13() -> None:
    granted = {"principalId": "u1", "integrationLatency": 7, "role": "admin"}
    peer = replace(PEER, authorizer=granted)
    events = (
        connect_event(peer, upgrade(), REQUEST_ID, NOW, "Root=1-0-0"),
        message_event(peer, "$default", "", MessageId("R1knPc2ntjMCFIA="), REQUEST_ID, NOW),
        disconnect_event(peer, 1001, "", REQUEST_ID, NOW),
    )
    assert [event["requestContext"]["authorizer"] for event in events] == [granted] * 3
    assert "authorizer" not in message()["requestContext"]
    assert hash(peer)
