"""What should be there: the files that are deployed say so."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent.parent
PREFIX = "${self:custom.prefix}"


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's tags, of which nothing is wanted."""


_Loader.add_multi_constructor("!", lambda loader, suffix, node: None)


@dataclass(frozen=True)
class ExpectedTable:
    """By its name behind the stage's prefix."""

    name: str
    expires: bool
    backed_up: bool


def expected_tables() -> list[ExpectedTable]:
    return [
        ExpectedTable(
            name=_name(properties["TableName"]),
            expires="TimeToLiveSpecification" in properties,
            backed_up="PointInTimeRecoverySpecification" in properties,
        )
        for properties in _resources("infra/tables.yml", "AWS::DynamoDB::Table")
    ]


def expected_alarms() -> list[str]:
    alarms = _resources("infra/alarms.yml", "AWS::CloudWatch::Alarm")
    return [_name(properties["AlarmName"]) for properties in alarms]


def expected_functions() -> list[str]:
    return list(_load("serverless.yml")["functions"])


def _resources(path: str, kind: str) -> list[Mapping[str, Any]]:
    resources = _load(path)["Resources"].values()
    return [each["Properties"] for each in resources if each["Type"] == kind]


def _load(path: str) -> Any:
    return yaml.load((ROOT / path).read_text(), _Loader)  # noqa: S506  (a SafeLoader)


def _name(text: str) -> str:
    return text.removeprefix(PREFIX)
