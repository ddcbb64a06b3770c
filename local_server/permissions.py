"""What the functions' role allows of this API: the template's statements, and the framework's."""

from collections.abc import Iterator, Mapping
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
from local_server.errors import ServerError, TemplateError
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
    shared = tuple(_statements(template, names))
    session = f"{template.service}-{template.stage}-{template.region}-lambdaRole"
    return [
        administrator(),
        *(
            function_caller(
                function.name,
                f"arn:aws:sts::{ACCOUNT}:assumed-role/{session}/{function.deployed_name}",
                _of(function, shared, template),
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
    places = [function.own_role for function in template.functions.values()]
    known = [str(place) for place in (template.opaque_role, *places) if place is not None]
    if not known:
        return []
    shown = "; ".join(dict.fromkeys(known))
    return [f"{shown}: what a role allows cannot be seen from here, so its functions may call all"]


def _of(function: Function, shared: Statements, template: Template) -> Statements:
    if function.own_role is not None:
        return EVERYTHING
    # What is not in the template can allow more; it cannot take back a deny.
    return shared if template.opaque_role is None else (*shared, *EVERYTHING)


def _statements(template: Template, names: Names) -> Iterator[Mapping[str, Any]]:
    """Those that speak of the gateway. Others may name what exists only in the cloud."""
    if template.websocket_routes:
        yield _FRAMEWORKS_OWN
    for statement in template.role_statements:
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
