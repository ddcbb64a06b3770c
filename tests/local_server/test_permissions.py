"""What a template lets its functions do with @connections."""

import argparse
import os
from pathlib import Path

import pytest

from local_server.callers import Callers
from local_server.commands import start
from local_server.environment import api_names
from local_server.errors import ServerError, TemplateError
from local_server.permissions import callers_of, check_store, doubts, opaque
from local_server.refusals import Refusal
from local_server.store import Store
from local_server.template import Template, load_template
from tests.local_server.signing import REGION, clock_at, signed

TEMPLATE = """\
service: shop
provider:
  name: aws
  region: eu-west-3
{iam}
functions:
  f:
    handler: a.b
    events: [{{ websocket: $default }}]
{function}
"""
DENY = """\
  iam:
    role:
      statements:
        - Effect: Deny
          Action: execute-api:ManageConnections
          Resource: !Sub arn:aws:execute-api:*:*:${WebsocketsApi}/*/DELETE/@connections/*
"""


def load(tmp_path: Path, iam: str = "", function: str = "") -> Template:
    (tmp_path / "serverless.yml").write_text(TEMPLATE.format(iam=iam, function=function))
    return load_template(tmp_path / "serverless.yml")


def may(template: Template, method: str) -> bool:
    everybody = callers_of(template, api_names(template), os.urandom)
    function = everybody[1]
    request = signed(key=function.access_key, secret=function.secret, token=function.tokens[0])
    try:
        Callers(everybody, REGION, clock_at()).admit_to_connections(
            request, f"local/{method}/@connections/AAAAAAAAAAAAAAA="
        )
    except Refusal as refusal:
        return refusal.kind != "AccessDeniedException"
    return True


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
def test_the_framework_lets_every_function_call_connections__4_15__6_7(
    tmp_path: Path, method: str
) -> None:
    assert may(load(tmp_path), method)


def test_the_caller_is_the_session_of_the_frameworks_role(tmp_path: Path) -> None:
    template = load(tmp_path)
    keyboard, function = callers_of(template, api_names(template), os.urandom)
    assert keyboard.arn == "arn:aws:iam::000000000000:user/local"
    assert function.arn == (
        "arn:aws:sts::000000000000:assumed-role/shop-local-eu-west-3-lambdaRole/shop-local-f"
    )


def test_a_statement_of_the_template_can_take_it_back(tmp_path: Path) -> None:
    template = load(tmp_path, DENY)
    assert (may(template, "POST"), may(template, "DELETE")) == (True, False)


def test_the_old_place_of_the_statements_is_read_as_well(tmp_path: Path) -> None:
    statement = "{ Effect: Deny, Action: 'execute-api:*', Resource: '*' }"
    assert not may(load(tmp_path, f"  iamRoleStatements: [{statement}]"), "POST")


def test_other_statements_may_name_what_only_the_cloud_holds(tmp_path: Path) -> None:
    iam = """\
  iam:
    role:
      statements:
        - Effect: Allow
          Action: [s3:GetObject]
          Resource: !GetAtt Bucket.Arn
          Condition: { Bool: { aws:SecureTransport: true } }
"""
    template = load(tmp_path, iam)
    assert may(template, "POST")
    assert opaque(template) == []


OWN = """\
    role: Own
resources:
  Resources:
    Own:
      Type: AWS::IAM::Role
      Properties:
        Policies:
          - PolicyName: own
            PolicyDocument:
              Statement:
                - Effect: Allow
                  Action: execute-api:ManageConnections
                  Resource: !Sub arn:aws:execute-api:*:*:${WebsocketsApi}/*/POST/@connections/*
                - Effect: Allow
                  Action: logs:PutLogEvents
                  Resource: !GetAtt FLogGroup.Arn
"""


@pytest.mark.parametrize(("method", "is_allowed"), [("POST", True), ("DELETE", False)])
def test_a_function_may_do_what_its_own_role_says_and_no_more__6_7(
    tmp_path: Path, method: str, is_allowed: bool
) -> None:
    template = load(tmp_path, function=OWN)
    assert may(template, method) is is_allowed
    assert opaque(template) == []


def test_the_caller_is_the_session_of_its_own_role(tmp_path: Path) -> None:
    template = load(tmp_path, function=OWN)
    _, function = callers_of(template, api_names(template), os.urandom)
    assert function.arn == "arn:aws:sts::000000000000:assumed-role/shop-local-Own/shop-local-f"


def test_what_its_own_role_has_from_elsewhere_may_allow_everything(tmp_path: Path) -> None:
    template = load(tmp_path, function=OWN + "        ManagedPolicyArns: [a]\n")
    assert may(template, "DELETE")
    assert opaque(template) == [
        "serverless.yml:26: Resources.Own.Properties.ManagedPolicyArns: what a role allows cannot"
        " be seen from here, so its functions may call all"
    ]


def test_the_shared_role_says_nothing_of_a_function_with_its_own(tmp_path: Path) -> None:
    assert may(load(tmp_path, DENY.replace("DELETE", "POST"), OWN), "POST")


# What is refused


def test_a_condition_is_refused_by_its_line(tmp_path: Path) -> None:
    condition = "          Condition: { IpAddress: { aws:SourceIp: 10.0.0.0/8 } }\n"
    template = load(tmp_path, DENY + condition)
    with pytest.raises(TemplateError) as error:
        callers_of(template, api_names(template), os.urandom)
    assert str(error.value) == (
        "serverless.yml:8: provider.iam.role.statements: conditions are not evaluated"
    )


@pytest.mark.parametrize(
    "statement",
    [
        "{ Effect: Maybe, Action: '*', Resource: '*' }",
        "{ Effect: Allow, Resource: '*' }",
        "{ Effect: Allow, Action: '*' }",
        "{ Effect: Allow, Action: 'execute-api:Invoke', Resource: 7 }",
        "{ Effect: Allow, Action: '*', Resource: !GetAtt Elsewhere.Arn }",
    ],
)
def test_a_statement_that_cannot_be_read_is_refused_by_its_line(
    tmp_path: Path, statement: str
) -> None:
    template = load(tmp_path, f"  iam: {{ role: {{ statements: [{statement}] }} }}")
    with pytest.raises(TemplateError, match=r"^serverless\.yml:5: provider\.iam\.role\.statements"):
        callers_of(template, api_names(template), os.urandom)


# What cannot be seen


@pytest.mark.parametrize(
    ("iam", "function", "place"),
    [
        ("  iam: { role: 'arn:aws:iam::1:role/r' }", "", ":5: provider.iam.role"),
        ("  iam: { role: !GetAtt R.Arn }", "", ":5: provider.iam.role"),
        ("  iam: { role: { managedPolicies: [a] } }", "", ":5: provider.iam.role.managedPolicies"),
        ("  role: r", "", ":5: provider.role"),
        ("", "    role: r", ":10: functions.f.role"),
        ("", "    iamRoleStatements: [{}]", ":10: functions.f.iamRoleStatements"),
    ],
)
def test_an_unknown_role_is_allowed_everything_with_one_warning(
    tmp_path: Path, iam: str, function: str, place: str
) -> None:
    template = load(tmp_path, iam, function)
    assert may(template, "DELETE")
    warnings = opaque(template)
    assert len(warnings) == 1
    assert warnings[0].startswith(f"serverless.yml{place}: what a role allows cannot be seen")


def test_a_managed_policy_takes_no_deny_back(tmp_path: Path) -> None:
    template = load(tmp_path, DENY.replace("role:\n", "role:\n      managedPolicies: [a]\n"))
    assert not may(template, "DELETE")


def test_a_function_with_a_role_of_its_own_is_not_denied_by_the_shared_one(tmp_path: Path) -> None:
    assert may(load(tmp_path, DENY, "    role: r"), "DELETE")


# The command line


@pytest.mark.parametrize(("words", "verifies"), [([], False), (["--verify-signatures"], True)])
def test_the_command_line_asks_for_it(words: list[str], verifies: bool) -> None:
    parser = argparse.ArgumentParser()
    start.add_arguments(parser)
    run = start._run(parser.parse_args(words))
    assert run.settings.verify_signatures is verifies


# Stores


def test_aws_takes_no_keys_of_ours() -> None:
    with pytest.raises(ServerError, match="any access key"):
        check_store(Store("store", "https://dynamodb.eu-west-3.amazonaws.com"))


def test_a_store_at_a_url_is_warned_of() -> None:
    store = Store("store", "http://127.0.0.1:8000")
    check_store(store)
    assert "-sharedDb" in doubts(store)[0]
