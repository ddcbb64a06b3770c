"""A deployed stage as it is seen from outside: what its things are called, and AWS's clients."""

import argparse
import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.settings import SettingsError

SERVICE = "heliograph"
CONFIG = Config(
    connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 4}
)
# Any function would do: serverless.yml tells all of them the same.
ASKED_FUNCTION = "users"

Clients = Callable[[str], Any]


@dataclass(frozen=True)
class Stage:
    """`name` is empty where only TABLE_PREFIX is known, as on a laptop."""

    name: str
    prefix: str
    region: str
    client: Clients

    def environment(self) -> Mapping[str, str]:
        """What serverless.yml has told the deployed functions; on a laptop our own variables.
        There may be a key in it: never print it.

        Raises: SettingsError where nothing is deployed; ClientError.
        """
        if not self.name:
            return os.environ
        function = f"{self.prefix}{ASKED_FUNCTION}"
        try:
            answer = self.client("lambda").get_function_configuration(FunctionName=function)
        except ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
            raise SettingsError(
                f"there is no function {function}: deploy the stage first"
            ) from None
        return dict(answer.get("Environment", {}).get("Variables", {}))


def _no_clients(name: str) -> Any:
    raise SettingsError(f"there is no stage to ask {name} about")


NOWHERE = Stage("", "", "", _no_clients)


def find_stage(options: argparse.Namespace, clients: Clients | None = None) -> Stage:
    """Raises: SettingsError."""
    prefix = _prefix(options.stage)
    region = _region(options.region)
    return Stage(options.stage or "", prefix, region, clients or _clients(region))


def error_code(error: ClientError) -> str:
    """AWS's word for what went wrong, without what its older protocols put before it."""
    return str(error.response["Error"].get("Code", "")).rpartition("#")[2]


def _clients(region: str) -> Clients:
    return functools.cache(lambda name: boto3.client(name, region_name=region, config=CONFIG))


def _prefix(stage: str | None) -> str:
    prefix = f"{SERVICE}-{stage}-" if stage else os.environ.get("TABLE_PREFIX")
    if not prefix:
        raise SettingsError("give --stage, or set TABLE_PREFIX")
    return prefix


def _region(region: str | None) -> str:
    chosen = region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not chosen:
        raise SettingsError("give --region, or set AWS_REGION")
    return chosen
