"""IAM's decision: deny wins, silence denies, wildcards reach over slashes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.iam import Decision, MalformedPolicy, decide

ARN = "arn:aws:execute-api:eu-west-1:000000000000:abc/dev/$connect"


def statement(effect: str = "Allow", **elements: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": "execute-api:Invoke", "Resource": ARN, **elements}


@pytest.mark.parametrize(
    "resource",
    [ARN, "*", ARN.replace("dev", "*"), ["nothing", ARN], ARN[:-1] + "?", "arn:aws:execute-api:*"],
)
def test_an_allow_that_fits_allows(resource: Any) -> None:
    statements = [statement(Resource=resource)]
    assert decide(statements, "execute-api:Invoke", ARN) is Decision.ALLOW


@pytest.mark.parametrize("action", ["execute-api:*", "EXECUTE-API:invoke", "*", ["a:b", "*:I*"]])
def test_actions_take_wildcards_and_any_case(action: Any) -> None:
    assert decide([statement(Action=action)], "execute-api:Invoke", ARN) is Decision.ALLOW


@pytest.mark.parametrize("resource", [ARN.upper(), ARN + "x", ARN.replace("dev", "prod"), []])
def test_what_no_statement_speaks_of_is_denied(resource: Any) -> None:
    statements = [statement(Resource=resource)]
    assert decide(statements, "execute-api:Invoke", ARN) is Decision.NONE


def test_a_deny_wins_wherever_it_stands() -> None:
    both = [statement(), statement("Deny", Resource="*")]
    assert decide(both, "execute-api:Invoke", ARN) is Decision.DENY
    assert decide(both[::-1], "execute-api:Invoke", ARN) is Decision.DENY


def test_not_action_and_not_resource_speak_of_all_others() -> None:
    others = {"Effect": "Allow", "NotAction": "sqs:*", "NotResource": "arn:aws:sqs:*"}
    assert decide([others], "execute-api:Invoke", ARN) is Decision.ALLOW
    assert decide([others], "sqs:SendMessage", ARN) is Decision.NONE


@pytest.mark.parametrize(
    "malformed",
    [
        "text",
        {},
        {"Effect": "allow", "Action": "*", "Resource": "*"},
        {"Effect": "Allow", "Action": "*"},
        {"Effect": "Allow", "Action": 3, "Resource": "*"},
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {}}},
    ],
)
def test_a_malformed_statement_is_an_error_not_a_decision(malformed: Any) -> None:
    with pytest.raises(MalformedPolicy):
        decide([malformed], "execute-api:Invoke", ARN)


@given(st.text())
def test_a_pattern_without_wildcards_fits_itself(text: str) -> None:
    statements = [{"Effect": "Allow", "Action": "a:b", "Resource": text}]
    assert decide(statements, "a:b", text) is Decision.ALLOW
