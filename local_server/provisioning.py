"""The template's tables and queues, created in the store as CloudFormation would."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local_server.errors import StoreError, TemplateError
from local_server.existing import Client as Client
from local_server.existing import adopt_table, set_ttl
from local_server.stores.endpoints import Endpoints
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
_KNOWN = {
    TABLE: {*_TABLE_PROPERTIES, *_HARMLESS_TABLE, "TableName", "TimeToLiveSpecification"},
    QUEUE: {*_QUEUE_ATTRIBUTES, *_HARMLESS_QUEUE, "QueueName"},
}


@dataclass(frozen=True)
class Clients:
    dynamodb: Client
    sqs: Client
    streams: Client


def make_clients(endpoints: Endpoints, region: str, credentials: Mapping[str, str]) -> Clients:
    """One attempt, no waiting and no proxy: the store is near and was seen to answer."""
    config = Config(
        retries={"total_max_attempts": 1},
        connect_timeout=2,
        read_timeout=30,
        proxies={} if endpoints.dynamodb else None,
    )
    session = boto3.session.Session(
        aws_access_key_id=credentials.get("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=credentials.get("AWS_SECRET_ACCESS_KEY"),
        aws_session_token=credentials.get("AWS_SESSION_TOKEN"),
        region_name=region,
    )
    return Clients(
        dynamodb=session.client("dynamodb", endpoint_url=endpoints.dynamodb, config=config),
        sqs=session.client("sqs", endpoint_url=endpoints.sqs, config=config),
        streams=session.client("dynamodbstreams", endpoint_url=endpoints.dynamodb, config=config),
    )


def provision(template: Template, clients: Clients, names: Names) -> Names:
    """Creates what is missing and returns `names` with its Refs and Arns. Raises StoreError."""
    # Expected ones first: a queue may name another that does not exist yet.
    refs, attributes = dict(names.refs), dict(expected_names(template, names).attributes)
    known = Names(names.region, names.stack, refs, attributes)
    for resource in _dead_letters_first(template.resources):
        refs[resource.id], arns = _create(resource, clients, known)
        attributes.update({(resource.id, name): arn for name, arn in arns.items()})
    return known


def expected_names(template: Template, names: Names) -> Names:
    """What a store will answer, as far as it can be known without one. Raises TemplateError."""
    refs, attributes = dict(names.refs), dict(names.attributes)
    known = Names(names.region, names.stack, refs, attributes)
    for resource in template.resources.values():
        name = _physical_name(resource, known)
        attributes.update(_attributes(resource, name, known.region))
        is_queue = resource.kind == QUEUE
        url = f"https://sqs.{known.region}.amazonaws.com/{ACCOUNT}/{name}"
        refs[resource.id] = url if is_queue else name
    return known


def _create(resource: Resource, clients: Clients, names: Names) -> tuple[str, dict[str, str]]:
    """What `Ref` and `GetAtt` of Arns answer; the account of an Arn is the store's to say."""
    properties = names.resolve(resource.properties, resource.place)
    name = _physical_name(resource, names)
    try:
        if resource.kind == TABLE:
            return name, _create_table(name, properties, clients.dynamodb, resource)
        url, arn = _create_queue(name, properties, clients.sqs, resource)
        return url, {"Arn": arn}
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
        arn = f"arn:aws:dynamodb:{region}:{ACCOUNT}:table/{name}"
        stream = {(resource.id, "StreamArn"): f"{arn}/stream/1970-01-01T00:00:00.000"}
        return {(resource.id, "Arn"): arn} | (
            stream if "StreamSpecification" in resource.properties else {}
        )
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
) -> dict[str, str]:
    _refuse_unknown(properties, resource)
    request = {key: properties[key] for key in _TABLE_PROPERTIES if key in properties}
    for index in request.get("GlobalSecondaryIndexes", []):
        index.pop("ProvisionedThroughput", None)
    if "StreamSpecification" in request:
        request["StreamSpecification"] = {"StreamEnabled": True} | request["StreamSpecification"]
    try:
        dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **request)
    except dynamodb.exceptions.ResourceInUseException:
        adopt_table(name, request, dynamodb, resource)
    dynamodb.get_waiter("table_exists").wait(
        TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    set_ttl(name, properties.get("TimeToLiveSpecification"), dynamodb)
    return _arns(_describe(name, dynamodb))


def _arns(table: Mapping[str, Any]) -> dict[str, str]:
    stream = table.get("LatestStreamArn")
    return {"Arn": table["TableArn"]} | ({"StreamArn": stream} if stream else {})


def _describe(name: str, dynamodb: Client) -> Mapping[str, Any]:
    table: Mapping[str, Any] = dynamodb.describe_table(TableName=name)["Table"]
    return table


def _create_queue(
    name: str, properties: Mapping[str, Any], sqs: Client, resource: Resource
) -> tuple[str, str]:
    _refuse_unknown(properties, resource)
    attributes = {key: _text(properties[key]) for key in _QUEUE_ATTRIBUTES if key in properties}
    try:
        url = str(sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])
    except sqs.exceptions.QueueNameExists:
        url = _changed_queue(name, attributes, sqs)
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, answer["Attributes"]["QueueArn"]


def _changed_queue(name: str, attributes: dict[str, str], sqs: Client) -> str:
    """CloudFormation changes a queue in place, too; what it is by name stays."""
    url = str(sqs.get_queue_url(QueueName=name)["QueueUrl"])
    changed = {key: value for key, value in attributes.items() if key != "FifoQueue"}
    sqs.set_queue_attributes(QueueUrl=url, Attributes=changed)
    return url


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _refuse_unknown(properties: Mapping[str, Any], resource: Resource) -> None:
    for error in unknown_properties(properties, resource):
        raise error


def unknown_properties(
    properties: Mapping[str, Any], resource: Resource
) -> Iterator[TemplateError]:
    for key in properties:
        if key not in _KNOWN[resource.kind]:
            yield TemplateError(resource.place, f"the property {key} is not emulated")
