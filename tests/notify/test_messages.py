import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from notify.codes import Code
from notify.errors import BadRequest, Invalid
from notify.frames import Pong, encode
from notify.messages import (
    Ack,
    Hello,
    Ping,
    PresenceQuery,
    Replay,
    Subscribe,
    SubscribePattern,
    Unsubscribe,
    UnsubscribePattern,
    message_id,
    parse_message,
)
from tests.notify.conftest import refusal_code

PROPERTY = settings(derandomize=True, deadline=None)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ["type", "id", "topics", "pattern", "protocol", "resume", "ack_mode", "since"]
TYPES = ["ping", "hello", "subscribe", "subscribe_pattern", "unsubscribe", "presence", "fly"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"type":"ping"}', Ping()),
        ('{"type":"ping","id":"7"}', Ping(id="7")),
        ('{"type":"ping","id":7}', Ping(id=7)),
        ('{"type":"ping","what":"ever","id":0}', Ping(id=0)),
        ('{"type":"hello"}', Hello()),
        (
            '{"type":"hello","protocol":2,"topics":["a"],"resume":{"a":{}},"ack_mode":"batch"}',
            Hello(protocol=2, topics=["a"], resume={"a": {}}, ack_mode="batch"),
        ),
        ('{"type":"subscribe","topics":["a","b:*"]}', Subscribe(["a", "b:*"])),
        ('{"type":"subscribe","topics":["a"],"since":{"a":{}}}', Subscribe(["a"], since={"a": {}})),
        ('{"type":"subscribe","topics":["a"],"until":1}', Subscribe(["a"])),
        ('{"type":"replay","stream":"a","epoch":"e","after_seq":0}', Replay("a", "e", 0, 100)),
        ('{"type":"ack","id":"k","stream":"a","seq":7}', Ack("a", 7, "k")),
        ('{"type":"subscribe_pattern","pattern":"a"}', SubscribePattern("a")),
        ('{"type":"unsubscribe","topics":["a"]}', Unsubscribe(["a"])),
        ('{"type":"unsubscribe_pattern","pattern":"a"}', UnsubscribePattern("a")),
        ('{"type":"presence","id":"p","topic":"room:1"}', PresenceQuery("room:1", id="p")),
    ],
)
def test_frames_are_parsed_and_unknown_fields_ignored(text: str, message: object) -> None:
    assert parse_message(text) == message


@pytest.mark.parametrize("message", [SubscribePattern("a:*"), UnsubscribePattern("a:*")])
def test_an_alias_asks_for_one_topic(message: SubscribePattern | UnsubscribePattern) -> None:
    assert message.topics == ["a:*"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "ping",
        "{",
        "null",
        "5",
        '"ping"',
        "[]",
        '[{"type":"ping"}]',
        "{}",
        '{"type":null}',
        '{"type":5}',
        '{"type":["ping"]}',
        '{"type":{}}',
        '{"type":"fly"}',
        '{"type":"Ping"}',
        '{"type":"notification"}',
        '{"type":"ping"}{"type":"ping"}',
        '{"type":"ping",}',
        '{"type":"ping","x":NaN}',
        '{"type":"ping","x":1e999}',
        '{"type":"ping","x":"\\ud800"}',
        '{"type":"ping","x":"\ud800"}',
        '\ufeff{"type":"ping"}',
        b"\xff\xfe",
        b'{"type":"ping","x":"\xff"}',
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"type":"ping","x":' + "[" * 50_000 + "]" * 50_000 + "}",
    ],
)
def test_what_is_none_of_our_frames_is_a_bad_request(text: str | bytes) -> None:
    with pytest.raises(BadRequest):
        parse_message(text)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('{"type":"subscribe"}', "topics: required"),
        ('{"type":"subscribe","topics":"a"}', "topics: expected `array`"),
        ('{"type":"subscribe","topics":null}', "topics: "),
        ('{"type":"subscribe","topics":{}}', "topics: "),
        ('{"type":"subscribe","topics":[]}', "topics: "),
        ('{"type":"subscribe","topics":["a",5]}', r"topics\[1\]: expected `str`"),
        ('{"type":"unsubscribe","topics":[null]}', r"topics\[0\]: "),
        ('{"type":"subscribe_pattern"}', "pattern: required"),
        ('{"type":"subscribe_pattern","pattern":7}', "pattern: expected `str`"),
        ('{"type":"unsubscribe_pattern","pattern":["a"]}', "pattern: "),
        ('{"type":"presence"}', "topic: required"),
        ('{"type":"presence","topic":["a"]}', "topic: expected `str`"),
        ('{"type":"hello","protocol":"1"}', "protocol: expected `int`"),
        ('{"type":"hello","protocol":true}', "protocol: "),
        ('{"type":"hello","ack_mode":"some"}', "ack_mode: "),
        ('{"type":"hello","resume":[]}', "resume: "),
        ('{"type":"hello","topics":[1]}', r"topics\[0\]: "),
        ('{"type":"subscribe","topics":["a"],"since":7}', "since: "),
        ('{"type":"replay","epoch":"e","after_seq":0}', "stream: required"),
        ('{"type":"replay","stream":"a","epoch":"e","after_seq":-1}', "after_seq: "),
        ('{"type":"replay","stream":"a","epoch":"e","after_seq":0,"limit":101}', "limit: "),
        ('{"type":"replay","stream":"a","epoch":"e","after_seq":0,"limit":0}', "limit: "),
        ('{"type":"ack","stream":"a"}', "seq: required"),
        ('{"type":"ack","stream":"a","seq":9007199254740992}', "seq: "),
        ('{"type":"ping","id":[]}', "id: "),
        ('{"type":"ping","id":true}', "id: "),
        ('{"type":"ping","id":"' + "x" * 129 + '"}', "id: "),
    ],
)
def test_a_field_that_is_wrong_is_named(text: str, field: str) -> None:
    with pytest.raises(Invalid, match=f"^{field}"):
        parse_message(text)


@pytest.mark.parametrize("kind", ["hello", "subscribe", "unsubscribe"])
def test_at_most_a_hundred_topics_are_asked_for_at_once(kind: str) -> None:
    parse_message(json.dumps({"type": kind, "topics": ["a"] * 100}))
    with pytest.raises(Invalid, match=r"^topics: "):
        parse_message(json.dumps({"type": kind, "topics": ["a"] * 101}))


@PROPERTY
@given(st.one_of(st.text(st.characters()), st.binary(), json_values.map(json.dumps)))
def test_any_text_parses_or_is_refused(text: str | bytes) -> None:
    assert refusal_code(parse_message, text) in (None, Code.BAD_REQUEST, Code.INVALID)


@PROPERTY
@given(st.sampled_from(TYPES), st.dictionaries(st.sampled_from(FIELDS), json_values))
def test_any_fields_parse_or_are_refused(kind: str, fields: dict[str, Any]) -> None:
    assert refusal_code(parse_message, json.dumps({**fields, "type": kind})) in (
        None,
        Code.BAD_REQUEST,
        Code.INVALID,
    )


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ('{"type":"fly","id":"7"}', "7"),
        ('{"id":7,"type":5}', 7),
        ('{"id":99999999999999999999999}', 99999999999999999999999),
        ('{"type":"subscribe","topics":null,"id":"x"}', "x"),
    ],
)
def test_the_id_of_a_bad_frame_is_found(text: str, id: object) -> None:
    assert message_id(text) == id


@pytest.mark.parametrize(
    "text",
    ["", "no", "[]", "{}", '{"id":null}', '{"id":[]}', '{"id":"' + "x" * 129 + '"}', "[" * 99_999,
     b"\xff", "\ud800"],
)  # fmt: skip
def test_a_frame_without_a_usable_id_has_none(text: str | bytes) -> None:
    assert message_id(text) is UNSET


@PROPERTY
@given(st.one_of(st.text(st.characters()), st.binary(), json_values.map(json.dumps)))
def test_any_text_has_an_id_that_can_be_echoed_or_none(text: str | bytes) -> None:
    assert json.loads(encode(Pong("now", id=message_id(text))))["type"] == "pong"
