"""The template's tables and queues, created in the store as CloudFormation would."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local_server.errors import StoreError, TemplateError
from local_server.template import ACCOUNT, LogicalId, Names, Resource, Template
from local_server.template.resources import QUEUE, TABLE

# CloudFormation's names of queue properties that are attributes of SQS's CreateQueue.
_QUEUE_ATTRIBUTES = (
    "ContentBasedDeduplication", "DeduplicationScope", "DelaySeconds", "FifoQueue",
    "FifoThroughputLimit", "MaximumMessageSize", "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds", "RedrivePolicy", "RedriveAllowPolicy", "VisibilityTimeout",
)  # fmt: skip
_HARMLESS_QUEUE = ("KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled", "Tags")
_TABLE_PROPERTIES = (
    "AttributeDefinitions", "GlobalSecondaryIndexes", "KeySchema", "LocalSecondaryIndexes",
    "StreamSpecification",
)  # fmt: skip
_HARMLESS_TABLE = (
    "BillingMode", "ContributorInsightsSpecification", "DeletionProtectionEnabled",
    "OnDemandThroughput", "PointInTimeRecoverySpecification", "ProvisionedThroughput",
    "ResourcePolicy", "SSESpecification", "TableClass", "Tags", "WarmThroughput",
)  # fmt: skip


class Client(Protocol):
    """A boto3 client: its operations are made at run time, so they cannot be typed."""

    def __getattr__(self, name: str) -> Any: ...


@dataclass(frozen=True)
class Clients:
    dynamodb: Client
    sqs: Client


def make_clients(url: str | None, region: str, credentials: Mapping[str, str]) -> Clients:
    """One attempt, no waiting and no proxy: the store is near and was seen to answer."""
    config = Config(
        retries={"total_max_attempts": 1},
        connect_timeout=2,
        read_timeout=30,
        proxies={} if url else None,
    )
    session = boto3.session.Session(
        aws_access_key_id=credentials.get("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=credentials.get("AWS_SECRET_ACCESS_KEY"),
        aws_session_token=credentials.get("AWS_SESSION_TOKEN"),
        region_name=region,
    )
    return Clients(
        dynamodb=session.client("dynamodb", endpoint_url=url, config=config),
        sqs=session.client("sqs", endpoint_url=url, config=config),
    )


def provision(template: Template, clients: Clients, names: Names) -> Names:
    """Creates what is missing and returns `names` with its Refs and Arns. Raises StoreError."""
    refs, attributes = dict(names.refs), dict(names.attributes)
    known = Names(names.region, names.stack, refs, attributes)
    # Expected ones first: a queue may name another that does not exist yet.
    for resource in template.resources.values():
        attributes.update(_attributes(resource, _physical_name(resource, known), known.region))
    for resource in _dead_letters_first(template.resources):
        refs[resource.id], attributes[resource.id, "Arn"] = _create(resource, clients, known)
    return known


def _create(resource: Resource, clients: Clients, names: Names) -> tuple[str, str]:
    """What `Ref` and `GetAtt Arn` answer; the account of an Arn is the store's to say."""
    properties = names.resolve(resource.properties, resource.place)
    name = _physical_name(resource, names)
    try:
        if resource.kind == TABLE:
            return _create_table(name, properties, clients.dynamodb, resource)
        return _create_queue(name, properties, clients.sqs, resource)
    except (BotoCoreError, ClientError) as error:
        raise StoreError(f"{resource.place}: the store refuses {name}: {error}") from error


def _physical_name(resource: Resource, names: Names) -> str:
    key = "TableName" if resource.kind == TABLE else "QueueName"
    given = names.resolve(resource.properties.get(key), resource.place)
    # CloudFormation makes one up of the stack and the logical id.
    suffix = ".fifo" if resource.properties.get("FifoQueue") else ""
    return str(given) if given else f"{names.stack}-{resource.id}{suffix}"


def _attributes(resource: Resource, name: str, region: str) -> dict[tuple[LogicalId, str], str]:
    if resource.kind == TABLE:
        return {(resource.id, "Arn"): f"arn:aws:dynamodb:{region}:{ACCOUNT}:table/{name}"}
    return {
        (resource.id, "Arn"): f"arn:aws:sqs:{region}:{ACCOUNT}:{name}",
        (resource.id, "QueueName"): name,
    }


def _dead_letters_first(resources: Mapping[LogicalId, Resource]) -> Iterator[Resource]:
    """SQS refuses a RedrivePolicy whose target does not exist yet."""
    queues = [resource for resource in resources.values() if resource.kind == QUEUE]
    yield from (resource for resource in resources.values() if resource.kind == TABLE)
    yield from (queue for queue in queues if "RedrivePolicy" not in queue.properties)
    yield from (queue for queue in queues if "RedrivePolicy" in queue.properties)


def _create_table(
    name: str, properties: Mapping[str, Any], dynamodb: Client, resource: Resource
) -> tuple[str, str]:
    known = {*_TABLE_PROPERTIES, *_HARMLESS_TABLE, "TableName", "TimeToLiveSpecification"}
    _refuse_unknown(properties, known, resource)
    request = {key: properties[key] for key in _TABLE_PROPERTIES if key in properties}
    for index in request.get("GlobalSecondaryIndexes", []):
        index.pop("ProvisionedThroughput", None)
    if "StreamSpecification" in request:
        request["StreamSpecification"] = {"StreamEnabled": True} | request["StreamSpecification"]
    try:
        dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **request)
    except dynamodb.exceptions.ResourceInUseException:
        return name, _arn_of_existing(name, request["KeySchema"], dynamodb)
    dynamodb.get_waiter("table_exists").wait(
        TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    if ttl := properties.get("TimeToLiveSpecification"):
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
    return name, _describe(name, dynamodb)["TableArn"]


def _arn_of_existing(name: str, keys: Any, dynamodb: Client) -> str:
    """A store at a URL may hold the table from an earlier run; it must be the same table."""
    table = _describe(name, dynamodb)
    if table["KeySchema"] != keys:
        raise StoreError(f"the store already holds a table {name} with other keys")
    return str(table["TableArn"])


def _describe(name: str, dynamodb: Client) -> Mapping[str, Any]:
    table: Mapping[str, Any] = dynamodb.describe_table(TableName=name)["Table"]
    return table


def _create_queue(
    name: str, properties: Mapping[str, Any], sqs: Client, resource: Resource
) -> tuple[str, str]:
    _refuse_unknown(properties, {*_QUEUE_ATTRIBUTES, *_HARMLESS_QUEUE, "QueueName"}, resource)
    attributes = {key: _text(properties[key]) for key in _QUEUE_ATTRIBUTES if key in properties}
    url = str(sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, answer["Attributes"]["QueueArn"]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _refuse_unknown(properties: Mapping[str, Any], known: set[str], resource: Resource) -> None:
    for key in properties.keys() - known:
        raise TemplateError(resource.place, f"the property {key} is not emulated")
