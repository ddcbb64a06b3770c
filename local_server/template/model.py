"""What a serverless.yml says, typed: functions, routes, queues, tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NewType

from local_server.errors import Place
from local_server.template.local_settings import LocalSettings

FunctionName = NewType("FunctionName", str)  # the key under `functions:`
LogicalId = NewType("LogicalId", str)


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


@dataclass(frozen=True)
class WebsocketRoute:
    key: str
    function: FunctionName
    two_way: bool = False


@dataclass(frozen=True)
class HttpRoute:
    """`method` and `path` are both `*` on the catch-all route, whose key is `$default`."""

    method: str
    path: str
    function: FunctionName

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
class QueueSource:
    """An SQS queue that invokes a function. `queue_arn` may be an intrinsic."""

    function: FunctionName
    queue_arn: Any
    batch_size: int
    window_s: float
    reports_failures: bool
    concurrency: int
    place: Place


@dataclass(frozen=True)
class Resource:
    """A CloudFormation resource; its properties may hold intrinsics."""

    id: LogicalId
    kind: str
    properties: Mapping[str, Any]
    place: Place


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
    sources: tuple[QueueSource, ...]
    resources: Mapping[LogicalId, Resource]
    local: LocalSettings = field(default_factory=LocalSettings)
    warnings: tuple[str, ...] = field(default=())

    @property
    def root(self) -> Path:
        """The task root: what Lambda would unpack, and where handlers are imported from."""
        return self.file.parent
