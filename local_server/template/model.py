"""What a serverless.yml says, typed: functions, routes, queues, tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Literal

from local_server.errors import Place
from local_server.mock import Mock
from local_server.models import RequestModels
from local_server.template.ids import FunctionName as FunctionName
from local_server.template.ids import LogicalId as LogicalId
from local_server.template.local_settings import LocalSettings
from local_server.template.sources import EventSource
from local_server.throttling import StageThrottle as StageThrottle


@dataclass(frozen=True)
class Function:
    """`environment` may hold CloudFormation intrinsics; see intrinsics.Resolver."""

    name: FunctionName
    deployed_name: str
    handler: str
    timeout_s: float
    memory_mb: int
    environment: Mapping[str, Any]
    place: Place
    runtime: str = "python3.13"
    # Where it leaves the role that the others share, and for which, if the template says that.
    own_role: Place | None = None
    role: "Role | None" = None
    # Events of it in work at once; None is as many as come.
    reserved_concurrency: int | None = None


class SourceKind(Enum):
    HEADER = "header"
    QUERY = "querystring"
    STAGE_VARIABLE = "stageVariables"
    CONTEXT = "context"


@dataclass(frozen=True)
class IdentitySource:
    """Where a request carries what it is authorized by."""

    kind: SourceKind
    name: str


@dataclass(frozen=True)
class WebsocketAuthorizer:
    """A function that is asked before $connect."""

    function: FunctionName
    identity_sources: tuple[IdentitySource, ...]


@dataclass(frozen=True)
class LambdaAuthorizer:
    """A function that is asked before a route of the HTTP API."""

    name: str
    function: FunctionName
    identity_sources: tuple[IdentitySource, ...] = ()
    payload: Literal["1.0", "2.0"] = "2.0"
    simple: bool = False
    ttl_s: int = 0


@dataclass(frozen=True)
class JwtAuthorizer:
    """Tokens of an identity provider, whose keys are found by `issuer`."""

    name: str
    identity_source: IdentitySource
    issuer: str
    audience: tuple[str, ...]


HttpAuthorizer = LambdaAuthorizer | JwtAuthorizer


@dataclass(frozen=True)
class WebsocketRoute:
    """`timeout_s` is the integration's own, within the gateway's."""

    key: str
    integration: FunctionName | Mock
    two_way: bool = False
    authorizer: WebsocketAuthorizer | None = None
    timeout_s: float | None = None
    models: RequestModels | None = None
    # AuthorizationType AWS_IAM and ApiKeyRequired: of $connect alone.
    wants_signature: bool = False
    wants_api_key: bool = False

    @property
    def function(self) -> FunctionName:
        """The function behind the route. A MOCK has none."""
        if isinstance(self.integration, Mock):
            raise TypeError(f"{self.key} is answered by a MOCK")
        return self.integration

    @property
    def target(self) -> str:
        """For the eye: the function's name, or MOCK."""
        return "MOCK" if isinstance(self.integration, Mock) else self.integration


@dataclass(frozen=True)
class ApiMapping:
    """The path of the API on a domain of one's own."""

    key: str
    domain: str


@dataclass(frozen=True)
class WebsocketStage:
    """What is set on the stage; its variables may hold intrinsics until the start."""

    variables: Mapping[str, Any] = field(default_factory=dict)
    throttle: StageThrottle | None = None
    route_throttles: Mapping[str, StageThrottle] = field(default_factory=dict)
    mappings: tuple[ApiMapping, ...] = ()


@dataclass(frozen=True)
class HttpRoute:
    """`method` and `path` are both `*` on the catch-all route, whose key is `$default`."""

    method: str
    path: str
    function: FunctionName
    authorizer: HttpAuthorizer | None = None
    scopes: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return "$default" if self.path == "*" else f"{self.method} {self.path}"


@dataclass(frozen=True)
class Cors:
    origins: tuple[str, ...]
    headers: tuple[str, ...]
    methods: tuple[str, ...]
    exposed_headers: tuple[str, ...] = ()
    credentials: bool = False
    max_age_s: int | None = None


@dataclass(frozen=True)
class Resource:
    """A CloudFormation resource; its properties may hold intrinsics."""

    id: LogicalId
    kind: str
    properties: Mapping[str, Any]
    place: Place


@dataclass(frozen=True)
class ApiKey:
    """What a client shows in X-Api-Key. `is_usable`: enabled, and in a usage plan of our stage."""

    id: str
    value: str = field(repr=False)
    is_usable: bool
    throttle: StageThrottle | None = None


@dataclass(frozen=True)
class RoleStatement:
    """A statement of a role's; it may hold intrinsics."""

    elements: Mapping[str, Any]
    place: Place


@dataclass(frozen=True)
class Role:
    """An AWS::IAM::Role. `opaque`: where the template says what cannot be seen from here."""

    id: LogicalId
    statements: tuple[RoleStatement, ...]
    opaque: Place | None = None


@dataclass(frozen=True)
class Template:
    file: Path
    service: str
    stage: str
    region: str
    functions: Mapping[FunctionName, Function]
    environment: Mapping[str, Any]
    selection_expression: str
    websocket_routes: Mapping[str, WebsocketRoute]
    http_routes: tuple[HttpRoute, ...]
    cors: Cors | None
    sources: tuple[EventSource, ...]
    resources: Mapping[LogicalId, Resource]
    local: LocalSettings = field(default_factory=LocalSettings)
    warnings: tuple[str, ...] = field(default=())
    websocket_stage: WebsocketStage = field(default_factory=WebsocketStage)
    api_keys: tuple[ApiKey, ...] = ()
    role_statements: tuple[RoleStatement, ...] = ()
    # Where the functions' role says something that is not in the template.
    opaque_role: Place | None = None
    # Other files that the template reads.
    included: frozenset[Path] = frozenset()

    @property
    def root(self) -> Path:
        """The task root: what Lambda would unpack, and where handlers are imported from."""
        return self.file.parent
