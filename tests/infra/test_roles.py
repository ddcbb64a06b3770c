"""The roles as they are written: one a function, for it alone. What is in them is tried with the
handlers (tests/handlers/test_roles.py)."""

import re

import pytest
import yaml

from tests.aws import ROOT, Loader
from tests.permissions import functions, grants, roles, statements

TEXT = (ROOT / "infra/roles.yml").read_text()
FUNCTIONS = yaml.load((ROOT / "serverless.yml").read_text(), Loader)["functions"]
CONSUMES = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
each = pytest.mark.parametrize("function", sorted(functions()))


def test_each_function_has_a_role_of_its_own() -> None:
    """Without exception: for a single one without, the framework makes a role that may post to
    every API of the account."""
    named = [entry.get("role") for entry in FUNCTIONS.values()]
    assert sorted(named) == sorted(yaml.load(TEXT, Loader)["roles"])
    assert len(set(named)) == len(named)


@each
def test_a_role_is_lambdas_and_has_nothing_from_elsewhere(function: str) -> None:
    role = roles()[function]
    assert role.keys() == {"AssumeRolePolicyDocument", "Policies"}
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


@each
def test_a_function_writes_its_own_log(function: str) -> None:
    """By the name that the framework gives the log (its lib/plugins/aws/lib/naming.js)."""
    name = functions()[function].replace("_", "Underscore")
    logs = [one for one in statements(function) if "logs:" in str(one["Action"])]
    assert logs == [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": ("GetAtt", f"{name[0].upper()}{name[1:]}LogGroup.Arn"),
        }
    ]


@each
def test_a_function_takes_from_the_queue_that_feeds_it_and_from_no_other(function: str) -> None:
    fed_by = [
        event["sqs"]["arn"]
        for event in FUNCTIONS[functions()[function]]["events"]
        if "sqs" in event
    ]
    taking = [one for one in statements(function) if CONSUMES & set(one["Action"])]
    assert [one["Resource"] for one in taking] == fed_by
    assert all(set(one["Action"]) == CONSUMES for one in taking)


@each
def test_an_action_is_named_in_full_and_allowed(function: str) -> None:
    assert {one["Effect"] for one in statements(function)} == {"Allow"}
    assert all(re.fullmatch(r"[a-z-]+:[A-Za-z]+", grant.action) for grant in grants(function))


def test_whoever_is_traced_may_be() -> None:
    """The emulator cannot see into a policy apart, so there is none where nothing is traced."""
    sections = yaml.load(TEXT, Loader)["tracing"]
    traced = sections["true"]["Resources"]["TracesPolicy"]["Properties"]["Roles"]
    assert sections["false"] == {}
    assert [name for _, name in traced] == list(yaml.load(TEXT, Loader)["roles"])


def test_a_wildcard_in_a_resource_has_its_reason_above_it() -> None:
    lines = TEXT.splitlines()
    wild = [
        number
        for number, line in enumerate(lines)
        if "*" in re.sub(r"#.*|- \*\w+$|: \*\w+$", "", line)
    ]
    assert wild
    for number in wild:
        assert "#" in lines[number - 1], f"infra/roles.yml:{number + 1}"
