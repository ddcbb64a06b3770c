"""What the functions' roles allow of this API: the template's statements, and the framework's."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from local_server.callers import (
    EVERYTHING,
    INVOKE,
    MANAGE_CONNECTIONS,
    Caller,
    Statements,
    administrator,
    function_caller,
)
from local_server.errors import Place, ServerError, TemplateError
from local_server.iam import Decision, MalformedPolicy, decide
from local_server.ids import RandomBytes
from local_server.store import FAKE_CREDENTIALS, Store
from local_server.template import ACCOUNT, Function, Names, RoleStatement, Template

# Added to the shared role of every service with WebSocket events
# (packages/serverless/lib/plugins/aws/package/compile/events/websockets/lib/api.js).
_FRAMEWORKS_OWN = {
    "Effect": "Allow",
    "Action": [MANAGE_CONNECTIONS],
    "Resource": ["arn:aws:execute-api:*:*:*/@connections/*"],
}


def callers_of(template: Template, names: Names, random_bytes: RandomBytes) -> list[Caller]:
    """The person at the keyboard, and every function in its role. Raises TemplateError."""
    shared = tuple(_shared(template, names))
    return [
        administrator(),
        *(
            function_caller(
                function.name,
                f"arn:aws:sts::{ACCOUNT}:assumed-role/{_session(function, template)}",
                _of(function, shared, template, names),
                random_bytes,
            )
            for function in template.functions.values()
        ),
    ]


def check_store(store: Store) -> None:
    """Raises ServerError: at AWS a function needs a key that AWS has given out."""
    if store.credentials is not FAKE_CREDENTIALS:
        raise ServerError("--verify-signatures wants a store that takes any access key, not AWS")


def doubts(store: Store) -> list[str]:
    if store.programs:
        return []
    return [f"{store.url}: DynamoDB Local shares tables among functions only with -sharedDb"]


def opaque(template: Template) -> list[str]:
    """A warning where permissions are not in the template: whoever has them may do everything."""
    places = [_opaque(function) for function in template.functions.values()]
    known = [str(place) for place in (template.opaque_role, *places) if place is not None]
    if not known:
        return []
    shown = "; ".join(dict.fromkeys(known))
    return [f"{shown}: what a role allows cannot be seen from here, so its functions may call all"]


def _opaque(function: Function) -> Place | None:
    return function.own_role if function.role is None else function.role.opaque


def _session(function: Function, template: Template) -> str:
    stack = f"{template.service}-{template.stage}"
    # CloudFormation puts twelve random characters behind the name of a role.
    role = f"{template.region}-lambdaRole" if function.role is None else function.role.id
    return f"{stack}-{role}/{function.deployed_name}"


def _of(function: Function, shared: Statements, template: Template, names: Names) -> Statements:
    if function.role is not None:
        own = tuple(_resolved_each(function.role.statements, names))
        return own if function.role.opaque is None else (*own, *EVERYTHING)
    if function.own_role is not None:
        return EVERYTHING
    # What is not in the template can allow more; it cannot take back a deny.
    return shared if template.opaque_role is None else (*shared, *EVERYTHING)


def _shared(template: Template, names: Names) -> Iterator[Mapping[str, Any]]:
    if template.websocket_routes:
        yield _FRAMEWORKS_OWN
    yield from _resolved_each(template.role_statements, names)


def _resolved_each(
    statements: Iterable[RoleStatement], names: Names
) -> Iterator[Mapping[str, Any]]:
    """Those that speak of the gateway. Others may name what exists only in the cloud."""
    for statement in statements:
        try:
            if _speaks_of_the_gateway(statement, names):
                yield _resolved(statement, names)
        except MalformedPolicy as error:
            raise TemplateError(statement.place, str(error)) from error


def _speaks_of_the_gateway(statement: RoleStatement, names: Names) -> bool:
    said = {
        key: names.resolve(statement.elements[key], statement.place)
        for key in ("Effect", "Action", "NotAction")
        if key in statement.elements
    }
    return any(
        decide([{**said, "Resource": "*"}], action, "any") is not Decision.NONE
        for action in (MANAGE_CONNECTIONS, INVOKE)
    )


def _resolved(statement: RoleStatement, names: Names) -> Mapping[str, Any]:
    resolved: Mapping[str, Any] = names.resolve(dict(statement.elements), statement.place)
    # Once here, so that no call finds it malformed.
    for action in (MANAGE_CONNECTIONS, INVOKE):
        decide([resolved], action, "any")
    return resolved
