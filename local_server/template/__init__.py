"""serverless.yml, read into a typed model; what is not emulated is refused by name and line."""

from local_server.template.intrinsics import Names
from local_server.template.model import (
    ApiKey,
    ApiMapping,
    Cors,
    Function,
    FunctionName,
    HttpRoute,
    IdentitySource,
    JwtAuthorizer,
    LambdaAuthorizer,
    LogicalId,
    Resource,
    Role,
    RoleStatement,
    SourceKind,
    StageThrottle,
    Template,
    WebsocketAuthorizer,
    WebsocketRoute,
    WebsocketStage,
)
from local_server.template.reading import load_template
from local_server.template.sources import (
    Asynchronous,
    EventSource,
    QueueSource,
    ScheduleSource,
    StreamSource,
)
from local_server.template.variables import ACCOUNT

__all__ = [
    "ACCOUNT",
    "ApiKey",
    "ApiMapping",
    "Asynchronous",
    "Cors",
    "EventSource",
    "Function",
    "FunctionName",
    "HttpRoute",
    "IdentitySource",
    "JwtAuthorizer",
    "LambdaAuthorizer",
    "LogicalId",
    "Names",
    "QueueSource",
    "Resource",
    "Role",
    "RoleStatement",
    "ScheduleSource",
    "SourceKind",
    "StageThrottle",
    "StreamSource",
    "Template",
    "WebsocketAuthorizer",
    "WebsocketRoute",
    "WebsocketStage",
    "load_template",
]
