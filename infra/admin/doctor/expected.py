"""What should be there: the files that are deployed say so."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent.parent
PREFIX = "${self:custom.prefix}"
PARAM = re.compile(r"\$\{param:(\w+)\}")


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


def expected_reserved(stage: str) -> dict[str, int]:
    """The executions that a stage's functions take out of the account's, of those that may."""
    return reserved_in(_load("serverless.yml"), stage)


def reserved_in(template: Mapping[str, Any], stage: str) -> dict[str, int]:
    """0 where the stage's param is `!Ref AWS::NoValue`. What only a deploy finds out, such as an
    `${env:…}`, is left out."""
    params = {**template["params"]["default"], **(template["params"].get(stage) or {})}
    values = {
        name: params[PARAM.sub(r"\1", function["reservedConcurrency"])]
        for name, function in template["functions"].items()
        if "reservedConcurrency" in function
    }
    return {
        name: int(value or 0)
        for name, value in values.items()
        if value is None or str(value).isdigit()
    }


def _resources(path: str, kind: str) -> list[Mapping[str, Any]]:
    resources = _load(path)["Resources"].values()
    return [each["Properties"] for each in resources if each["Type"] == kind]


def _load(path: str) -> Any:
    return yaml.load((ROOT / path).read_text(), _Loader)  # noqa: S506  (a SafeLoader)


def _name(text: str) -> str:
    return text.removeprefix(PREFIX)
