"""What our functions ask of AWS, seen below all clients of botocore and below our own (tests.rows),
and what they may ask."""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from types import FrameType
from typing import Any

import yaml
from botocore.exceptions import ClientError
from botocore.handlers import BUILTIN_HANDLERS

from tests.aws import REGION, ROOT, Loader, resources

ACCOUNT = "123456789012"  # moto's
API = "abcdefghij"
_HANDLERS = str(ROOT / "handlers")
# A transaction needs the permissions of what it is made of, and has none of its own.
# docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
_IN_A_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
_METHODS = {"PostToConnection": "POST", "GetConnection": "GET", "DeleteConnection": "DELETE"}


@dataclass(frozen=True, order=True)
class Call:
    """One permission that `function`, named by its module in handlers/, needs."""

    function: str
    action: str
    resource: str

    def __str__(self) -> str:
        return f"{self.function}: {self.action} on {self.resource}"


@contextmanager
def watched(see: Callable[[Call], None]) -> Iterator[None]:
    """`see` is told of each call that a handler makes, before it is made, and may raise."""
    _watchers.append(see)
    try:
        yield
    finally:
        _watchers.remove(see)


_watchers: list[Callable[[Call], None]] = []


def tell(service: str, operation: str, params: Mapping[str, Any]) -> None:
    """Somebody is about to be asked for this."""
    if not _watchers or (function := _function()) is None:
        return
    for action, resource in _needs(service, operation, params):
        for see in _watchers:
            see(Call(function, action, resource))


def _before_parameter_build(params: Mapping[str, Any], model: Any, **_: Any) -> None:
    tell(model.service_model.service_name, model.name, params)


# The seam that moto uses as well: sessions that are made from now on begin with it.
BUILTIN_HANDLERS.append(("before-parameter-build", _before_parameter_build))


def _function() -> str | None:
    """Whose handler is running: in this thread, or in the one that waits for it."""
    own = _handler_in(sys._getframe())
    if own is not None:
        return own
    others = {
        name
        for thread, frame in sys._current_frames().items()
        if thread != threading.get_ident() and (name := _handler_in(frame)) is not None
    }
    return others.pop() if len(others) == 1 else None


def _handler_in(frame: FrameType | None) -> str | None:
    while frame is not None:
        folder, _, file = frame.f_code.co_filename.rpartition("/")
        if folder == _HANDLERS:
            return file.removesuffix(".py")
        frame = frame.f_back
    return None


def _needs(service: str, operation: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    where = f"{REGION}:{ACCOUNT}"
    if service == "dynamodb":
        yield from _of_tables(operation, params)
    elif service == "sqs":
        # A batch needs what a single message needs.
        queue = params["QueueUrl"].rpartition("/")[2]
        yield f"sqs:{operation.removesuffix('Batch')}", f"arn:aws:sqs:{where}:{queue}"
    elif service == "apigatewaymanagementapi":
        path = f"{_METHODS[operation]}/@connections/{params['ConnectionId']}"
        yield "execute-api:ManageConnections", f"arn:aws:execute-api:{where}:{API}/test/{path}"
    elif service == "ssm":
        yield f"ssm:{operation}", f"arn:aws:ssm:{where}:parameter{params['Name']}"
    elif service == "secretsmanager":
        secret = f"{params['SecretId']}-AbCdEf"
        yield f"secretsmanager:{operation}", f"arn:aws:secretsmanager:{where}:secret:{secret}"
    else:
        raise AssertionError(f"{service}:{operation} is in no role")


def _of_tables(operation: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for action, table in _actions(operation, params):
        yield f"dynamodb:{action}", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}"


def _actions(operation: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "TransactItems" in params:
        for item in params["TransactItems"]:
            for kind, request in item.items():
                yield _IN_A_TRANSACTION[kind], request["TableName"]
    elif "RequestItems" in params:
        yield from ((operation, table) for table in params["RequestItems"])
    else:
        yield operation, params["TableName"]


# What the roles allow.


@dataclass(frozen=True, order=True)
class Grant:
    """An action on a resource, whose ARN may end in `*`."""

    action: str
    resource: str

    def covers(self, call: Call) -> bool:
        return self.action == call.action and fnmatchcase(call.resource, self.resource)


@cache
def functions() -> dict[str, str]:
    """The functions of serverless.yml by the modules of their handlers."""
    loaded = yaml.load((ROOT / "serverless.yml").read_text(), Loader)["functions"]
    return {entry["handler"].split(".")[1]: name for name, entry in loaded.items()}


@cache
def roles() -> dict[str, dict[str, Any]]:
    """Their roles by the modules of their handlers, as infra/roles.yml writes them."""
    loaded = yaml.load((ROOT / "serverless.yml").read_text(), Loader)["functions"]
    written = yaml.load((ROOT / "infra/roles.yml").read_text(), Loader)["roles"]
    return {
        module: written[loaded[name]["role"]]["Properties"] for module, name in functions().items()
    }


@cache
def grants(function: str) -> frozenset[Grant]:
    """All that a function may do, its log apart."""
    return frozenset(
        Grant(action, _arn(resource))
        for statement in statements(function)
        for action in _list(statement["Action"])
        for resource in _list(statement["Resource"])
        if not action.startswith("logs:")
    )


def statements(function: str) -> list[dict[str, Any]]:
    return [
        statement
        for policy in roles()[function]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def is_allowed(call: Call) -> bool:
    """Also where there is nothing in our stack that could be touched."""
    is_elsewhere = call.action.startswith("sqs:") and call.resource not in _arns().values()
    return is_elsewhere or any(grant.covers(call) for grant in grants(call.function))


def deny(call: Call) -> None:
    """As AWS does. Raises: ClientError."""
    message = f"{call.function} is not authorized to perform: {call.action} on {call.resource}"
    raise ClientError(
        {"Error": {"Code": "AccessDeniedException", "Message": message}},
        call.action.partition(":")[2],
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _arn(reference: tuple[str, str]) -> str:
    kind, text = reference
    return _arns()[text.removesuffix(".Arn")] if kind == "GetAtt" else _substituted(text)


def _substituted(text: str) -> str:
    values = {
        "AWS::Partition": "aws",
        "AWS::Region": REGION,
        "AWS::AccountId": ACCOUNT,
        "WebsocketsApi": API,
        "self:service": "heliograph",
        "sls:stage": "test",
    }
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value)
    return text


@cache
def _arns() -> dict[str, str]:
    """Of tables and queues, by logical id."""
    tables = {
        name: f"dynamodb:{REGION}:{ACCOUNT}:table/{table['Properties']['TableName']}"
        for name, table in resources("infra/tables.yml").items()
    }
    queues = {
        name: f"sqs:{REGION}:{ACCOUNT}:{queue['Properties']['QueueName']}"
        for name, queue in resources("infra/queues.yml").items()
    }
    return {name: f"arn:aws:{rest}" for name, rest in {**tables, **queues}.items()}
