"""What a function that authorizes may answer."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.authorizers.results import (
    MalformedResult,
    Policy,
    Verdict,
    read_policy,
    read_verdict,
)
from tests.local_server.authorizers.calls import API, policy

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def test_a_policy_is_read_with_its_principal_and_context() -> None:
    read = read_policy(json.dumps(policy(context={"a": [1]})))
    assert read.principal == "somebody"
    assert read.context == {"a": [1]}
    assert read.allows(f"{API}/dev/$connect")


def test_a_policy_of_one_statement_needs_no_list() -> None:
    written = policy()
    written["policyDocument"]["Statement"] = written["policyDocument"]["Statement"][0]
    assert read_policy(json.dumps(written)).allows("anything")


@pytest.mark.parametrize(
    ("effect", "resource", "allows"),
    [
        ("Allow", f"{API}/$default/GET/things/1", True),
        ("Allow", f"{API}/*", True),
        ("Allow", f"{API}/*/GET/*", True),
        ("Allow", f"{API}/$default/GET/things/?", True),
        ("Allow", [f"{API}/a", f"{API}/*/things/1"], True),
        ("Deny", f"{API}/*", False),
        ("Allow", f"{API}/$default/POST/things/1", False),
        ("Allow", f"{API}/$default/GET/things/{{id}}", False),
        ("Allow", f"{API}/*/*/*/*/*", False),
    ],
)
def test_a_policy_speaks_of_arns_with_wildcards(effect: str, resource: Any, allows: bool) -> None:
    read = read_policy(json.dumps(policy(effect, resource)))
    assert read.allows(f"{API}/$default/GET/things/1") is allows


@pytest.mark.parametrize(
    "result",
    [
        None,
        "Allow",
        [],
        {},
        {"statusCode": 401},
        {"isAuthorized": True},
        {"principalId": "a"},
        {"principalId": "a", "policyDocument": {}},
        {"principalId": "a", "policyDocument": {"Statement": "x"}},
        {**policy(), "principalId": ""},
        {**policy(), "principalId": None},
        {**policy(), "principalId": 7},
        {**policy(), "context": "text"},
        {**policy(), "context": []},
    ],
)
def test_what_is_no_policy_is_malformed(result: Any) -> None:
    with pytest.raises(MalformedResult):
        read_policy(json.dumps(result))


@pytest.mark.parametrize("statement", ["text", {}, {"Effect": "allow"}])
def test_a_malformed_statement_is_malformed_once_it_is_asked(statement: Any) -> None:
    with pytest.raises(MalformedResult, match="the policy is malformed"):
        Policy("a", (statement,), None).allows("arn")


def test_a_verdict_holds_for_everything() -> None:
    assert read_verdict('{"isAuthorized": true}') == Verdict(True, None)
    assert read_verdict('{"isAuthorized": false, "context": {"a": 1}}') == Verdict(False, {"a": 1})
    assert Verdict(True, None).allows("anything")


@pytest.mark.parametrize(
    "result", [None, True, {}, {"isAuthorized": "true"}, {"isAuthorized": 1}, policy()]
)
def test_what_is_no_verdict_is_malformed(result: Any) -> None:
    with pytest.raises(MalformedResult):
        read_verdict(json.dumps(result))


@given(JSON)
def test_nothing_else_happens_whatever_a_function_answers(result: Any) -> None:
    for read in (read_policy, read_verdict):
        with suppress(MalformedResult):
            read(json.dumps(result)).allows("arn")
