"""Roles: what a template lets its functions do, all of them or each, as far as it says so."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from local_server.errors import Place
from local_server.template.document import Block
from local_server.template.fields import Fields
from local_server.template.ids import LogicalId
from local_server.template.model import Function, Role, RoleStatement
from local_server.template.resources import Declared

ROLE = "AWS::IAM::Role"
_ROLE_KEYS = (
    "managedPolicies", "name", "path", "permissionBoundary", "permissionsBoundary", "statements",
    "tags",
)  # fmt: skip
# They add to what the statements say, or take from it, and live in the cloud.
_ELSEWHERE = ("managedPolicies", "permissionBoundary", "permissionsBoundary")
_OLD_ELSEWHERE = ("iamManagedPolicies", "role", "rolePermissionsBoundary")
# The same of AWS::IAM::Role.
_PROPERTIES_ELSEWHERE = ("ManagedPolicyArns", "PermissionsBoundary")


def read_role(root: Fields) -> tuple[tuple[RoleStatement, ...], Place | None]:
    """The shared role's statements, and where it says something that cannot be seen from here.

    Raises TemplateError.
    """
    provider = root.block("provider")
    elsewhere = [provider.place(key) for key in _OLD_ELSEWHERE if key in provider]
    iam = provider.block("iam")
    if _is_reference(iam.raw("role", {})):
        return (), iam.place("role")
    role = iam.block("role")
    role.only(_ROLE_KEYS)
    elsewhere += [role.place(key) for key in _ELSEWHERE if key in role]
    owner, key = (role, "statements") if "statements" in role else (provider, "iamRoleStatements")
    return tuple(_statements(owner, key)), next(iter(elsewhere), None)


@dataclass(frozen=True)
class Roles:
    """The template's resources of IAM."""

    declared: Iterable[Declared]

    def own(self, function: Fields) -> tuple[Place | None, Role | None]:
        """Where a function leaves the shared role, and for which, if the template says that.

        `iamRoleStatements` is a plugin's. Raises TemplateError.
        """
        places = [function.place(key) for key in ("iamRoleStatements", "role") if key in function]
        name = _logical_id(function.raw("role"))
        found = next((one for one in self.declared if one.id == name and one.kind == ROLE), None)
        role = self._read(found) if found and "iamRoleStatements" not in function else None
        return next(iter(places), None), role

    def unused(self, functions: Iterable[Function]) -> dict[str, None]:
        """The kinds of what says nothing of any function."""
        used = {function.role.id for function in functions if function.role is not None}
        return {each.kind: None for each in self.declared if each.id not in used}

    def _read(self, declared: Declared) -> Role:
        properties = declared.fields.block("Properties")
        elsewhere = [properties.place(key) for key in _PROPERTIES_ELSEWHERE if key in properties]
        elsewhere += [
            each.fields.place("Type") for each in self.declared if _is_for(declared.id, each)
        ]
        statements = tuple(_inline(properties))
        return Role(declared.id, statements, next(iter(elsewhere), None))


def _logical_id(reference: object) -> LogicalId | None:
    """The framework takes the role's name alone, too (its compile/functions.js, compileRole)."""
    if isinstance(reference, str):
        return LogicalId(reference)
    arn = reference.get("Fn::GetAtt") if isinstance(reference, Block) else None
    if isinstance(arn, list) and len(arn) == 2 and arn[1] == "Arn":
        return LogicalId(str(arn[0]))
    return None


def _is_for(role: LogicalId, policy: Declared) -> bool:
    """Whether a policy that is a resource of its own is attached to the role."""
    properties = policy.fields.block("Properties")
    roles = [*properties.items("Roles"), properties.raw("RoleName")]
    return policy.kind != ROLE and any(
        isinstance(each, Block) and each.get("Ref") == role for each in roles
    )


def _inline(properties: Fields) -> Iterator[RoleStatement]:
    for policy in properties.items("Policies"):
        if not isinstance(policy, Block):
            properties.refuse("Policies", "a list of policies is expected")
        document = Fields(policy, f"{properties.path}.Policies").block("PolicyDocument")
        yield from _statements(document, "Statement")


def _is_reference(role: object) -> bool:
    """An ARN, or an intrinsic that makes one."""
    return isinstance(role, str) or (isinstance(role, Block) and any("::" in key for key in role))


def _statements(owner: Fields, key: str) -> Iterator[RoleStatement]:
    yield from (_statement(owner, key, item) for item in owner.items(key))


def _statement(owner: Fields, key: str, item: object) -> RoleStatement:
    if not isinstance(item, Block):
        owner.refuse(key, "a list of statements is expected")
    place = owner.place(key)
    line = min(item.lines.values(), default=place.line)
    return RoleStatement(item, Place(item.file, line, place.path))
