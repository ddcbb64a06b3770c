import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notify.account_requests import ChangeUser, CreateUser, Login
from notify.codes import Code
from notify.entries import Place, Status, encode_cursor
from notify.errors import BadRequest, Invalid, PayloadTooLarge
from notify.marks import State
from notify.model import Pattern, timestamp
from notify.requests import (
    MAX_BODY_BYTES,
    MAX_DEPTH,
    MAX_RATE,
    Broadcast,
    InboxQuery,
    MarkAll,
    MarkThese,
    Send,
    parse_addressed,
    parse_body,
    parse_query,
    parse_stored,
)
from tests.fakes import NOW
from tests.notify.conftest import refusal_code

PROPERTY = settings(derandomize=True, deadline=None)
SEND: dict[str, Any] = {
    "user_id": "alice",
    "notification_type": "approved",
    "title": "Approved",
    "message": "Loan #12",
}
BROADCAST: dict[str, Any] = {
    "pattern": "role:admin",
    "notification_type": "approved",
    "title": "Approved",
    "message": "Loan #12",
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def send(**fields: object) -> Send:
    return parse_body(json.dumps({**SEND, **fields}), Send)


def broadcast(**fields: object) -> Broadcast:
    return parse_body(json.dumps({**BROADCAST, **fields}), Broadcast)


def test_a_send_has_defaults() -> None:
    request = send()
    assert request.usernames == ["alice"]
    assert (request.priority, request.data, request.persist) == ("normal", {}, True)
    assert (request.ttl_seconds, request.exclude_connections) == (30 * 86_400, [])


def test_a_send_to_many_names_each_user_once_in_order() -> None:
    fields = {key: value for key, value in SEND.items() if key != "user_id"}
    text = json.dumps({**fields, "user_ids": ["bob", "alice", "bob"]})
    assert parse_body(text, Send).usernames == ["bob", "alice"]


def test_a_broadcast_has_defaults() -> None:
    request = broadcast()
    assert (request.persist, request.dry_run, request.exclude_user_ids) == ("stream", False, [])


@pytest.mark.parametrize(
    ("max_rate", "is_taken"),
    [
        (0, False),
        (1, True),
        (1_000_000, True),
        (1_000_001, False),
        pytest.param(10**400, False, id="huge"),
    ],
)
def test_a_rate_is_a_number_that_workers_can_reckon_with(max_rate: int, is_taken: bool) -> None:
    code = refusal_code(lambda: broadcast(max_rate=max_rate))
    assert code == (None if is_taken else Code.INVALID)


def test_a_body_may_be_bytes() -> None:
    assert parse_body(json.dumps(SEND).encode(), Send) == send()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("user_id", ""),
        ("user_id", "x" * 65),
        ("user_id", 7),
        ("user_id", None),
        ("user_ids", ["bob"]),
        ("notification_type", ""),
        ("notification_type", "x" * 65),
        ("notification_type", None),
        ("title", ""),
        ("title", "x" * 201),
        ("title", ["x"]),
        ("message", "x" * 4001),
        ("message", 5),
        ("priority", "critical"),
        ("priority", None),
        ("data", []),
        ("data", None),
        ("data", "{}"),
        ("ttl_seconds", 59),
        ("ttl_seconds", 365 * 86_400 + 1),
        ("ttl_seconds", "60"),
        ("ttl_seconds", 60.5),
        ("ttl_seconds", True),
        ("collapse_key", ""),
        ("collapse_key", "x" * 129),
        ("collapse_key", 7),
        ("persist", "true"),
        ("persist", 1),
        ("exclude_connections", "c1"),
        ("exclude_connections", [""]),
        ("exclude_connections", ["c"] * 101),
        ("surprise", 1),
        ("type", "send"),
    ],
)
def test_a_send_with_a_wrong_field_is_refused_by_its_name(field: str, value: object) -> None:
    with pytest.raises(Invalid) as raised:
        send(**{field: value})
    named = "user_id" if field == "user_ids" else field
    assert raised.value.message.startswith(named)


@pytest.mark.parametrize("user_ids", [[], ["x"] * 101, [""], [5], "bob", None])
def test_a_send_to_many_that_is_wrong_is_refused(user_ids: object) -> None:
    fields = {key: value for key, value in SEND.items() if key != "user_id"}
    with pytest.raises(Invalid, match=r"^user_ids"):
        parse_body(json.dumps({**fields, "user_ids": user_ids}), Send)


@pytest.mark.parametrize("missing", ["user_id", "notification_type", "title", "message"])
def test_a_send_that_lacks_a_field_is_refused_by_its_name(missing: str) -> None:
    fields = {key: value for key, value in SEND.items() if key != missing}
    with pytest.raises(Invalid, match=f"^{missing}: "):
        parse_body(json.dumps(fields), Send)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pattern", ""),
        ("pattern", "x" * 257),
        ("pattern", None),
        ("persist", True),
        ("persist", "inbox"),
        ("exclude_user_ids", "bob"),
        ("exclude_user_ids", ["b"] * 101),
        ("dry_run", "yes"),
        ("user_id", "alice"),
    ],
)
def test_a_broadcast_with_a_wrong_field_is_refused_by_its_name(field: str, value: object) -> None:
    with pytest.raises(Invalid, match=f"^{field}"):
        broadcast(**{field: value})


@pytest.mark.parametrize(
    ("title", "message"), [("x" * 200, "x" * 4000), ("é" * 200, "é" * 4000), ("x", "")]
)
def test_the_longest_and_shortest_texts_are_taken(title: str, message: str) -> None:
    assert send(title=title, message=message).message == message


@pytest.mark.parametrize(
    "body", ["", "null", "[]", "5", "{", b"\xff", "[" * 50_000, '{"a":' * 9999]
)
def test_a_body_that_is_no_json_object_is_a_bad_request(body: str | bytes) -> None:
    with pytest.raises(BadRequest):
        parse_body(body, Send)


@pytest.mark.parametrize("body", ["x" * (MAX_BODY_BYTES + 1), b"x" * (MAX_BODY_BYTES + 1)])
def test_a_huge_body_is_refused_unread(body: str | bytes) -> None:
    with pytest.raises(PayloadTooLarge):
        parse_body(body, Send)


def test_a_huge_body_is_measured_in_bytes() -> None:
    with pytest.raises(PayloadTooLarge):
        parse_body("\N{SNOWMAN}" * (MAX_BODY_BYTES // 2), Send)


def test_an_unknown_field_is_quoted_in_part_only() -> None:
    with pytest.raises(Invalid) as raised:
        send(**{"x" * 10_000: 1})
    assert len(raised.value.message) < 300


@PROPERTY
@given(
    st.sampled_from([Send, Broadcast, Login, CreateUser, ChangeUser]),
    st.one_of(st.text(st.characters()), st.binary(), json_values.map(json.dumps)),
)
def test_any_body_is_taken_or_refused(to: type[Any], body: str | bytes) -> None:
    assert refusal_code(parse_body, body, to) in (
        None,
        Code.BAD_REQUEST,
        Code.INVALID,
        Code.PAYLOAD_TOO_LARGE,
    )


FIELDS = sorted({*Send.__struct_fields__, *Broadcast.__struct_fields__})


@PROPERTY
@given(st.sampled_from([Send, Broadcast]), st.dictionaries(st.sampled_from(FIELDS), json_values))
def test_any_fields_are_taken_or_refused(to: type[Any], fields: dict[str, Any]) -> None:
    base = SEND if to is Send else BROADCAST
    assert refusal_code(parse_body, json.dumps({**base, **fields}), to) in (
        None,
        Code.BAD_REQUEST,
        Code.INVALID,
    )


def nested(levels: int) -> dict[str, Any]:
    """`{"a": {"a": …}}`, that many objects deep."""
    data: dict[str, Any] = {}
    for _ in range(levels - 1):
        data = {"a": data}
    return data


def test_what_every_parser_can_read_is_taken() -> None:
    assert send(data=nested(MAX_DEPTH)).data == nested(MAX_DEPTH)
    assert send(data={"a": [[1], {"b": [2]}]}).data == {"a": [[1], {"b": [2]}]}


@pytest.mark.parametrize("data", [nested(MAX_DEPTH + 1), {"a": [nested(MAX_DEPTH)]}])
def test_what_is_nested_too_deeply_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="data: nested more than 32 levels deep"):
        send(data=data)


# The inbox


def mark_all(**fields: object) -> MarkAll:
    return parse_body(json.dumps(fields), MarkAll)


def test_a_mark_all_takes_a_time_in_any_zone() -> None:
    assert mark_all(state="read").before_ms is None
    for text in ("2026-01-01T00:00:00.000Z", "2026-01-01T02:00:00+02:00"):
        assert mark_all(state="seen", before=text).before_ms == NOW


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_time_beyond_all_times_can_be_written_or_covers_nothing(text: str) -> None:
    before = mark_all(state="read", before=text).before_ms
    assert before is not None
    assert before < 0 or timestamp(before).startswith("9999-12-31")


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({}, "state: required"),
        ({"state": "unread"}, "state: all can be marked seen, read or archived"),
        ({"state": "gone"}, "state: "),
        ({"state": "read", "before": "yesterday"}, "before: "),
        ({"state": "read", "before": "2026-01-01T00:00:00"}, "before: "),
        ({"state": "read", "before": NOW}, "before: "),
        ({"state": "read", "ids": []}, "ids: unknown field"),
    ],
)
def test_a_bad_mark_all_is_refused_by_the_name_of_its_field(
    fields: dict[str, object], complaint: str
) -> None:
    with pytest.raises(Invalid) as raised:
        mark_all(**fields)
    assert raised.value.message.startswith(complaint)


def test_a_mark_names_up_to_a_hundred_ids() -> None:
    request = parse_body(json.dumps({"ids": ["a"] * 100, "state": "unread"}), MarkThese)
    assert (len(request.ids), request.state) == (100, State.UNREAD)
    with pytest.raises(Invalid, match=r"^ids: "):
        parse_body(json.dumps({"ids": ["a"] * 101, "state": "unread"}), MarkThese)


def test_a_query_has_defaults_and_may_have_more_than_is_known() -> None:
    query = parse_query({"surprise": "1"}, InboxQuery)
    assert (query.status, query.limit, query.behind) == (Status.ALL, 50, None)


def test_a_query_says_numbers_as_text() -> None:
    place = Place(NOW, 3, Pattern("general"))
    query = parse_query(
        {"status": "unseen", "limit": "7", "cursor": encode_cursor(place)}, InboxQuery
    )
    assert (query.status, query.limit, query.behind) == (Status.UNSEEN, 7, place)


@pytest.mark.parametrize(
    ("name", "text"),
    [("limit", "0"), ("limit", "101"), ("limit", "x"), ("limit", ""), ("status", "new")],
)
def test_a_bad_query_is_refused_by_the_name_of_its_parameter(name: str, text: str) -> None:
    with pytest.raises(Invalid, match=f"^{name}: "):
        parse_query({name: text}, InboxQuery)


@pytest.mark.parametrize(
    ("rate", "read"), [(None, None), (7, 7), (MAX_RATE, MAX_RATE), (MAX_RATE + 1, MAX_RATE)]
)
def test_a_rate_above_the_highest_is_refused_but_read_from_the_store(
    rate: int | None, read: int | None
) -> None:
    body = {"pattern": "*", "notification_type": "n", "title": "t", "message": "m"}
    stored = parse_stored({**body, "max_rate": rate})
    assert isinstance(stored, Broadcast)
    assert stored.max_rate == read
    assert (refusal_code(parse_addressed, {**body, "max_rate": rate}) is None) is (rate == read)
