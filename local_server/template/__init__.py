"""serverless.yml, read into a typed model; what is not emulated is refused by name and line."""

from local_server.template.intrinsics import Names
from local_server.template.model import (
    Cors,
    Function,
    FunctionName,
    HttpRoute,
    LogicalId,
    QueueSource,
    Resource,
    Template,
    WebsocketRoute,
)
from local_server.template.reading import load_template
from local_server.template.variables import ACCOUNT

__all__ = [
    "ACCOUNT",
    "Cors",
    "Function",
    "FunctionName",
    "HttpRoute",
    "LogicalId",
    "Names",
    "QueueSource",
    "Resource",
    "Template",
    "WebsocketRoute",
    "load_template",
]
