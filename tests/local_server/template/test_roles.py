"""Roles: what the template says of permissions, and where it says that they are elsewhere."""

from pathlib import Path

import pytest

from local_server.errors import TemplateError
from local_server.template import FunctionName, Template, load_template


def load(tmp_path: Path, provider: str, function: str = "") -> Template:
    (tmp_path / "serverless.yml").write_text(
        f"service: s\nprovider:\n  name: aws\n{provider}"
        f"functions:\n  f: {{ handler: a.b{function} }}\n"
    )
    return load_template(tmp_path / "serverless.yml")


STATEMENTS = """\
  iam:
    role:
      name: shop
      tags: { team: a }
      statements:
        - Effect: Allow
          Action: sqs:*
          Resource: "*"
        - Effect: Deny
          Action: !Sub "${AWS::Partition}:*"
          Resource: "*"
"""


def test_each_statement_knows_its_line(tmp_path: Path) -> None:
    template = load(tmp_path, STATEMENTS)
    assert [(one.elements["Effect"], one.place.line) for one in template.role_statements] == [
        ("Allow", 9),
        ("Deny", 12),
    ]
    assert template.opaque_role is None


def test_new_statements_replace_old_ones(tmp_path: Path) -> None:
    old = "  iamRoleStatements: [{ Effect: Deny }]\n"
    assert len(load(tmp_path, old).role_statements) == 1
    assert len(load(tmp_path, STATEMENTS + old).role_statements) == 2


def test_without_a_role_nothing_is_said(tmp_path: Path) -> None:
    template = load(tmp_path, "")
    assert (template.role_statements, template.opaque_role) == ((), None)


@pytest.mark.parametrize(
    ("provider", "path"),
    [
        ("  iam: { role: somebody-elses }\n", "provider.iam.role"),
        ("  iam: { role: !ImportValue x }\n", "provider.iam.role"),
        ("  iam: { role: { permissionsBoundary: x } }\n", "provider.iam.role.permissionsBoundary"),
        ("  role: x\n", "provider.role"),
        ("  iamManagedPolicies: [x]\n", "provider.iamManagedPolicies"),
        ("  rolePermissionsBoundary: x\n", "provider.rolePermissionsBoundary"),
    ],
)
def test_what_lies_elsewhere_is_named(tmp_path: Path, provider: str, path: str) -> None:
    place = load(tmp_path, provider).opaque_role
    assert str(place) == f"serverless.yml:4: {path}"


def test_a_functions_own_role_is_named(tmp_path: Path) -> None:
    functions = load(tmp_path, "", ", role: x").functions
    assert str(functions[FunctionName("f")].own_role) == "serverless.yml:5: functions.f.role"


ROLE = """\
service: s
provider: { name: aws }
functions:
  f: { handler: a.b, role: %s }
  g: { handler: a.b, role: !GetAtt R.Arn }
resources:
  - Resources:
      R:
        Type: AWS::IAM::Role
        Properties:
          AssumeRolePolicyDocument: {}
          Policies:
            - PolicyName: p
              PolicyDocument:
                Statement:
                  - { Effect: Allow, Action: sqs:*, Resource: "*" }
                  - Effect: Deny
                    Action: s3:*
                    Resource: "*"
%s
"""


def with_role(tmp_path: Path, reference: str = "R", more: str = "") -> Template:
    (tmp_path / "serverless.yml").write_text(ROLE % (reference, more))
    return load_template(tmp_path / "serverless.yml")


@pytest.mark.parametrize("reference", ["R", "!GetAtt R.Arn", "{ 'Fn::GetAtt': [R, Arn] }"])
def test_a_role_of_the_template_is_read(tmp_path: Path, reference: str) -> None:
    template = with_role(tmp_path, reference)
    role = template.functions[FunctionName("f")].role
    assert role is not None
    assert [(one.elements["Action"], one.place.line) for one in role.statements] == [
        ("sqs:*", 16),
        ("s3:*", 17),
    ]
    assert role.opaque is None
    assert not any("AWS::IAM" in warning for warning in template.warnings)


@pytest.mark.parametrize(
    "reference", ["S", "!GetAtt R.RoleId", "!ImportValue R", "!Sub '${R.Arn}'"]
)
def test_any_other_is_not(tmp_path: Path, reference: str) -> None:
    assert with_role(tmp_path, reference).functions[FunctionName("f")].role is None


@pytest.mark.parametrize(
    "more",
    [
        "          ManagedPolicyArns: [a]",
        "          PermissionsBoundary: a",
        "      P: { Type: AWS::IAM::Policy, Properties: { Roles: [!Ref R] } }",
        "      P: { Type: AWS::IAM::RolePolicy, Properties: { RoleName: !Ref R } }",
    ],
)
def test_what_a_role_has_from_elsewhere_is_named(tmp_path: Path, more: str) -> None:
    role = with_role(tmp_path, more=more).functions[FunctionName("f")].role
    assert role is not None
    assert str(role.opaque).startswith("serverless.yml:20: ")


def test_what_is_said_of_another_role_is_left_out(tmp_path: Path) -> None:
    template = with_role(tmp_path, more="      P: { Type: AWS::IAM::Policy }")
    role = template.functions[FunctionName("f")].role
    assert role is not None
    assert role.opaque is None
    assert "AWS::IAM::Policy is left out: it has no effect here" in template.warnings


def test_a_plugins_statements_take_the_place_of_a_role(tmp_path: Path) -> None:
    function = with_role(tmp_path, "R, iamRoleStatements: [{}]").functions[FunctionName("f")]
    assert (str(function.own_role), function.role) == (
        "serverless.yml:4: functions.f.iamRoleStatements",
        None,
    )


@pytest.mark.parametrize("policies", ["[text]", "text", "[{ PolicyDocument: { Statement: [x] } }]"])
def test_policies_of_another_shape_are_refused(tmp_path: Path, policies: str) -> None:
    more = f"      Q: {{ Type: AWS::IAM::Role, Properties: {{ Policies: {policies} }} }}"
    place = r"^serverless\.yml:20: Resources\.Q\.Properties\.Policies"
    with pytest.raises(TemplateError, match=place):
        with_role(tmp_path, "Q", more)


@pytest.mark.parametrize(
    "role", ["{ statements: [text] }", "{ statements: text }", "{ policies: [] }"]
)
def test_a_role_of_another_shape_is_refused(tmp_path: Path, role: str) -> None:
    with pytest.raises(TemplateError, match=r"^serverless\.yml:4: provider\.iam\.role\."):
        load(tmp_path, f"  iam: {{ role: {role} }}\n")
