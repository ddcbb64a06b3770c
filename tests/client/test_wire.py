import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client import wire
from client.frames import (
    Disconnect,
    ErrorFrame,
    Notification,
    Pong,
    Replayed,
    RequestId,
    Resumed,
    Sender,
    Subscribed,
    UnknownFrame,
    Unsubscribed,
    Welcome,
)
from client.gaps import Position
from client.pushes import Counts

NOTIFICATION = {
    "type": "notification",
    "id": "ntf_1",
    "notification_type": "application_approved",
    "title": "Approved",
    "message": "Loan #12 approved",
    "priority": "high",
    "data": {"loan_id": 12},
    "sender": {"id": "bob", "roles": ["manager"]},
    "timestamp": "2026-01-31T12:00:00.000Z",
    "stream": "user:alice",
    "topic": "user:alice",
    "epoch": "k3",
    "seq": 45,
    "expires_at": None,
    "collapse_key": None,
    "unread": 5,
    "replay": False,
}


def test_a_notification_keeps_every_field() -> None:
    assert wire.parse(json.dumps(NOTIFICATION)) == Notification(
        id="ntf_1",  # type: ignore[arg-type]
        notification_type="application_approved",
        title="Approved",
        message="Loan #12 approved",
        priority="high",
        data={"loan_id": 12},
        sender=Sender("bob", ("manager",)),
        timestamp="2026-01-31T12:00:00.000Z",
        stream="user:alice",
        topic="user:alice",
        epoch="k3",
        seq=45,
        expires_at=None,
        collapse_key=None,
        replay=False,
    )


def test_a_notification_may_lack_all_but_its_id() -> None:
    frame = wire.parse('{"type":"notification","id":"ntf_1","seq":"ill-typed"}')

    assert isinstance(frame, Notification)
    assert (frame.priority, frame.seq, frame.data) == ("normal", None, {})


def test_a_welcome_tells_the_ping_interval_in_seconds() -> None:
    frame = wire.parse('{"type":"welcome","id":"1","ping_interval_ms":540000,"roles":["a"]}')

    assert isinstance(frame, Welcome)
    assert (frame.request, frame.ping_interval, frame.roles) == ("1", 540, ("a",))


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ('{"type":"pong","id":"7"}', Pong(RequestId("7"))),
        ('{"type":"pong"}', Pong(None)),
        ('{"type":"subscribed","id":"2","topic":"a:b"}', Subscribed(RequestId("2"), "a:b")),
        ('{"type":"subscribed","pattern":"a:b"}', Subscribed(None, "a:b")),
        ('{"type":"unsubscribed","topic":"a"}', Unsubscribed(None, "a")),
        (
            '{"type":"subscribed","topic":"a:b","epoch":"e","seq":3,'
            '"streams":{"a:*":{"epoch":"e","seq":1,"reason":"no_position"}}}',
            Subscribed(
                None,
                "a:b",
                {
                    "a:b": Resumed(Position("e", 3), False, 0, False, ""),
                    "a:*": Resumed(Position("e", 1), False, 0, False, "no_position"),
                },
            ),
        ),
        (
            '{"type":"replayed","id":"4","stream":"a","epoch":"e","seq":3,"has_more":true}',
            Replayed(RequestId("4"), "a", Position("e", 3), has_more=True),
        ),
        ('{"type":"replayed","stream":"a"}', UnknownFrame()),
        (
            '{"type":"disconnect","code":4200,"reason":"deploy","after_ms":50}',
            Disconnect(4200, "deploy", reconnect=True, after_ms=50),
        ),
        ('{"type":"disconnect","reconnect":false}', Disconnect(4000, "", False, 0)),
    ],
)
def test_frames_of_the_protocol(text: str, frame: object) -> None:
    assert wire.parse(text) == frame


def test_a_welcome_says_what_became_of_each_position() -> None:
    frame = wire.parse(
        '{"type":"welcome","resume":{"a":{"epoch":"e","seq":7,"recovered":true,"replayed":2,'
        '"has_more":true},"b":{"epoch":null,"seq":null,"reason":"forbidden"},"c":7}}'
    )

    assert isinstance(frame, Welcome)
    assert frame.resume == {
        "a": Resumed(Position("e", 7), True, 2, True, ""),
        "b": Resumed(None, False, 0, False, "forbidden"),
        "c": Resumed(None, False, 0, False, ""),
    }


def test_positions_are_given_back_in_a_hello_and_only_if_there_are_any() -> None:
    hello = json.loads(wire.hello(RequestId("1"), ["a"], {"a": Position("e", 7)}))

    assert hello["resume"] == {"a": {"epoch": "e", "seq": 7}}
    assert "resume" not in json.loads(wire.hello(RequestId("1"), ["a"]))


def test_a_replay_asks_for_what_follows_a_position() -> None:
    assert json.loads(wire.replay(RequestId("1"), "a", Position("e", 7))) == {
        "type": "replay",
        "id": "1",
        "stream": "a",
        "epoch": "e",
        "after_seq": 7,
    }


def test_an_error_may_say_where_to_go_on() -> None:
    frame = wire.parse('{"type":"error","code":4410,"reason":"expired","epoch":"e","seq":8}')

    assert isinstance(frame, ErrorFrame)
    error = frame.as_error()
    assert (error.reason, error.position) == ("expired", Position("e", 8))


def test_an_error_of_a_request_is_not_fatal() -> None:
    frame = wire.parse('{"type":"error","id":"2","code":4403,"topic":"build:42","message":"no"}')

    assert isinstance(frame, ErrorFrame)
    assert (frame.fatal, frame.topic, frame.name) == (False, "build:42", "forbidden_topic")


@pytest.mark.parametrize("code", [4000, 4001, 4100, 4200])
def test_an_error_of_the_connection_is_fatal_even_if_it_does_not_say_so(code: int) -> None:
    frame = wire.parse(json.dumps({"type": "error", "code": code}))

    assert isinstance(frame, ErrorFrame)
    assert frame.fatal


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "7",
        '{"type":"never_heard_of","id":"1"}',
        '{"type":7}',
        '{"message":"Internal server error","connectionId":"c","requestId":"r"}',
        '{"type":"notification","title":"no id"}',
        "[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_what_is_not_understood_is_ignored(text: str | bytes) -> None:
    assert wire.parse(text) == UnknownFrame()


ODD_VALUES: st.SearchStrategy[object] = st.sampled_from(
    [None, True, 0, -1, 1.5, 10**400, "", "\x00", [], [[]], {}, {"id": []}]
)
FIELDS = sorted({*NOTIFICATION, "code", "topics", "roles", "ping_interval_ms", "after_ms"})


@given(
    type_=st.sampled_from([*wire.READERS]),
    fields=st.dictionaries(st.sampled_from(FIELDS), ODD_VALUES),
)
def test_no_frame_is_too_odd_to_be_parsed(type_: str, fields: dict[str, object]) -> None:
    assert wire.parse(json.dumps({**fields, "type": type_})) is not None


def test_requests_carry_their_id() -> None:
    id_ = RequestId("9")

    assert json.loads(wire.hello(id_, ["a"])) == {
        "type": "hello",
        "id": "9",
        "protocol": 1,
        "topics": ["a"],
    }
    assert json.loads(wire.subscribe(id_, ["a"])) == {
        "type": "subscribe",
        "id": "9",
        "topics": ["a"],
    }
    assert json.loads(wire.unsubscribe(id_, [])) == {"type": "unsubscribe", "id": "9", "topics": []}
    assert json.loads(wire.ping(id_)) == {"type": "ping", "id": "9"}


def test_what_a_client_may_ask_beside() -> None:
    request = RequestId("7")

    assert json.loads(wire.mark(request, ("n1",), "read")) == {
        "type": "mark",
        "id": "7",
        "ids": ["n1"],
        "state": "read",
    }
    assert json.loads(wire.auth(request, "t2")) == {"type": "auth", "id": "7", "token": "t2"}
    assert json.loads(wire.presence(request, "room:1"))["topic"] == "room:1"


def test_counts_ride_in_notifications_and_welcomes() -> None:
    told = '"unread":5,"unseen":3}'
    notification = wire.parse('{"type":"notification","id":"n",' + told)
    welcome = wire.parse('{"type":"welcome","id":"1",' + told)
    silent = wire.parse('{"type":"welcome","id":"1","unread":null,"unseen":null}')

    assert isinstance(notification, Notification)
    assert isinstance(welcome, Welcome)
    assert isinstance(silent, Welcome)
    assert notification.counts == welcome.counts == Counts(5, 3)
    assert silent.counts is None
