"""The API Gateway resources of the template: which are the WebSocket API's, and what they say."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from local_server.errors import TemplateError
from local_server.template.document import Block
from local_server.template.fields import Fields
from local_server.template.gateway_routes import read_routes
from local_server.template.integrations import read_integrations
from local_server.template.intrinsics import NOTHING, Names
from local_server.template.lambdas import Lambdas
from local_server.template.model import FunctionName, LogicalId, WebsocketRoute, WebsocketStage
from local_server.template.resources import GATEWAY, Declared, left_out
from local_server.template.stack_names import (
    HTTP_API,
    WEBSOCKET_API,
    WEBSOCKET_STAGE,
    integration_id,
    route_id,
)
from local_server.template.stages import read_stage

_READ = ("ApiMapping", "Integration", "IntegrationResponse", "Model", "Route", "RouteResponse")
_REFUSED = {
    "Api": "overrides of what the framework generates are not emulated",
    "Authorizer": "say it in the function's event: `authorizer:`",
}
# Resolved later, or not at all: variables may name a table, a schema is no CloudFormation, and
# what has no effect may name what is not held here.
_AS_THEY_ARE = ("AccessLogSettings", "CredentialsArn", "DeploymentId", "Description", "Schema",
                "StageVariables", "Tags")  # fmt: skip


@dataclass(frozen=True)
class Framework:
    """What the framework itself makes of the template."""

    stage: str
    lambdas: Lambdas
    routes: Mapping[str, WebsocketRoute]

    @property
    def routes_by_id(self) -> dict[LogicalId, WebsocketRoute]:
        return {route_id(key): route for key, route in self.routes.items()}

    @property
    def integrations(self) -> dict[LogicalId, FunctionName]:
        return {integration_id(route.function): route.function for route in self.routes.values()}


@dataclass
class Gateway:
    """What the resources add to the WebSocket API."""

    routes: dict[str, WebsocketRoute] = field(default_factory=dict)
    stage: WebsocketStage = field(default_factory=WebsocketStage)
    warnings: list[str] = field(default_factory=list)


def read_gateway(declared: Sequence[Declared], framework: Framework) -> Gateway:
    """Raises TemplateError."""
    names = _names(declared, framework)
    ours, warnings = _sorted_out(declared, framework, names)
    by_kind: dict[str, dict[LogicalId, Fields]] = {}
    for one in ours:
        of_kind = by_kind.setdefault(one.kind.removeprefix(GATEWAY), {})
        of_kind[one.id] = _properties(one, names)
    integrations = read_integrations(by_kind, framework.lambdas, framework.integrations)
    return Gateway(
        read_routes(by_kind, integrations, framework.routes, framework.routes_by_id),
        read_stage(by_kind, framework.stage),
        warnings,
    )


def _sorted_out(
    declared: Iterable[Declared], framework: Framework, names: Names
) -> tuple[list[Declared], list[str]]:
    ours: list[Declared] = []
    others: dict[str, None] = {}
    for one in declared:
        _refuse_override(one, framework)
        api = WEBSOCKET_API if one.id == WEBSOCKET_STAGE else _api_of(one, names)
        if api == HTTP_API and one.kind in (f"{GATEWAY}Route", f"{GATEWAY}Integration"):
            one.fields.refuse("Type", "routes of the HTTP API come from the functions' events")
        if api == WEBSOCKET_API and _is_read(one):
            ours.append(one)
        else:
            others[one.kind] = None
    return ours, [left_out(kind) for kind in others]


def _refuse_override(one: Declared, framework: Framework) -> None:
    if one.id in (WEBSOCKET_API, HTTP_API, *framework.routes_by_id, *framework.integrations):
        one.fields.refuse("Type", _REFUSED["Api"])


def _is_read(one: Declared) -> bool:
    kind = one.kind.removeprefix(GATEWAY)
    if kind == "Deployment":
        return False
    if kind in _REFUSED:
        one.fields.refuse("Type", _REFUSED[kind])
    if kind not in (*_READ, "Stage"):
        one.fields.refuse("Type", f"{one.kind} is not emulated")
    if "Condition" in one.fields:
        one.fields.refuse("Condition", "conditions are not emulated")
    return True


def _api_of(one: Declared, names: Names) -> str | None:
    """None where the id is somebody else's."""
    properties = one.fields.block("Properties")
    try:
        return str(names.resolve(properties.raw("ApiId"), properties.place("ApiId")))
    except TemplateError:
        return None


# Names


def _names(declared: Iterable[Declared], framework: Framework) -> Names:
    """Each resource answers `Ref` with its own logical id, except where more is known."""
    own = (WEBSOCKET_API, HTTP_API, *framework.routes_by_id, *framework.integrations)
    refs = {name: str(name) for name in own}
    refs |= {one.id: _ref(one, framework.stage) for one in declared}
    refs[WEBSOCKET_STAGE] = framework.stage
    functions = framework.lambdas.names
    return replace(functions, refs={**refs, **functions.refs})


def _ref(one: Declared, stage: str) -> str:
    if one.kind == f"{GATEWAY}Stage":
        return stage
    domain = one.fields.block("Properties").raw("DomainName")
    is_domain = one.kind == f"{GATEWAY}DomainName" and isinstance(domain, str)
    return domain if is_domain else str(one.id)


# Intrinsics


def _properties(one: Declared, names: Names) -> Fields:
    properties = one.fields.block("Properties")
    return Fields(_resolved(properties.whole, properties.path, names), properties.path)


def _resolved(block: Block, path: str, names: Names) -> Block:
    items: dict[str, Any] = {}
    for key, item in block.items():
        if key in _AS_THEY_ARE:
            items[key] = item
        elif isinstance(item, Block) and not _is_intrinsic(item):
            items[key] = _resolved(item, f"{path}.{key}", names)
        elif (value := names.resolve(item, block.place(key, f"{path}.{key}"))) is not NOTHING:
            items[key] = value
    return block.like(items)


def _is_intrinsic(block: Block) -> bool:
    return len(block) == 1 and next(iter(block)).startswith(("Ref", "Fn::"))
