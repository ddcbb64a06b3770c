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


@pytest.mark.parametrize(
    "role", ["{ statements: [text] }", "{ statements: text }", "{ policies: [] }"]
)
def test_a_role_of_another_shape_is_refused(tmp_path: Path, role: str) -> None:
    with pytest.raises(TemplateError, match=r"^serverless\.yml:4: provider\.iam\.role\."):
        load(tmp_path, f"  iam: {{ role: {role} }}\n")
