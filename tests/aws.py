"""The tables and queues of infra/*.yml, created on whatever endpoint boto3 is pointed at."""

import copy
import functools
from pathlib import Path
from typing import Any

import boto3
import yaml
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

ROOT = Path(__file__).parent.parent
PREFIX = "test-"
REGION = "eu-central-1"


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's tags, which are kept as (tag, value)."""


def _tagged(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> tuple[str, Any]:
    assert isinstance(node, yaml.ScalarNode)
    return suffix, loader.construct_scalar(node)


Loader.add_multi_constructor("!", _tagged)


@functools.cache
def resources(path: str) -> dict[str, dict[str, Any]]:
    """The resources of a CloudFormation file, its names under PREFIX."""
    text = (ROOT / path).read_text().replace("${self:custom.prefix}", PREFIX)
    loaded: dict[str, dict[str, Any]] = yaml.load(text, Loader)["Resources"]
    return loaded


@functools.cache
def client(service: str) -> Any:
    """One a service: making a client takes longer than most tests. Call it only under moto."""
    return boto3.client(service, region_name=REGION)


def create_tables() -> None:
    """Empty ones. They are copies: making them anew takes as long as a dozen tests."""
    moto = get_backend("dynamodb")[DEFAULT_ACCOUNT_ID][REGION]
    moto.tables = copy.deepcopy(_tables())


@functools.cache
def _tables() -> Any:
    """As moto makes them, the first time."""
    dynamodb = client("dynamodb")
    for resource in resources("infra/tables.yml").values():
        properties = dict(resource["Properties"])
        ttl = properties.pop("TimeToLiveSpecification", None)
        for setting in ("DeletionProtectionEnabled", "PointInTimeRecoverySpecification"):
            properties.pop(setting, None)
        dynamodb.create_table(**properties)
        if ttl:
            dynamodb.update_time_to_live(
                TableName=properties["TableName"], TimeToLiveSpecification=ttl
            )
    return copy.deepcopy(get_backend("dynamodb")[DEFAULT_ACCOUNT_ID][REGION].tables)


def create_queues() -> dict[str, str]:
    """The queues' URLs by logical id; without their dead letters, which the tests read nowhere."""
    sqs = client("sqs")
    return {
        logical_id: sqs.create_queue(QueueName=resource["Properties"]["QueueName"])["QueueUrl"]
        for logical_id, resource in resources("infra/queues.yml").items()
    }
