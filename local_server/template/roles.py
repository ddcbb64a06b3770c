"""Roles: what `provider.iam` lets the functions do, as far as the template says it."""

from local_server.errors import Place
from local_server.template.document import Block
from local_server.template.fields import Fields
from local_server.template.model import RoleStatement

_ROLE_KEYS = (
    "managedPolicies", "name", "path", "permissionBoundary", "permissionsBoundary", "statements",
    "tags",
)  # fmt: skip
# They add to what the statements say, or take from it, and live in the cloud.
_ELSEWHERE = ("managedPolicies", "permissionBoundary", "permissionsBoundary")
_OLD_ELSEWHERE = ("iamManagedPolicies", "role", "rolePermissionsBoundary")


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
    statements = tuple(_statement(owner, key, item) for item in owner.items(key))
    return statements, next(iter(elsewhere), None)


def read_own_role(function: Fields) -> Place | None:
    """Where a function leaves the shared role. `iamRoleStatements` is a plugin's."""
    places = [function.place(key) for key in ("iamRoleStatements", "role") if key in function]
    return next(iter(places), None)


def _is_reference(role: object) -> bool:
    """An ARN, or an intrinsic that makes one."""
    return isinstance(role, str) or (isinstance(role, Block) and any("::" in key for key in role))


def _statement(owner: Fields, key: str, item: object) -> RoleStatement:
    if not isinstance(item, Block):
        owner.refuse(key, "a list of statements is expected")
    place = owner.place(key)
    line = min(item.lines.values(), default=place.line)
    return RoleStatement(item, Place(item.file, line, place.path))
