"""Where our signing keys are kept: the environment, Secrets Manager or SSM."""

import functools
import json
from collections.abc import Callable
from typing import Any

import msgspec

from infra.engines import OVER_CURL
from infra.keys import KeysNotRead
from infra.settings import Settings, SettingsError
from notify.errors import Invalid
from notify.tokens import Key, parse_key

# Asks a service in a region for an operation with its parameters. Raises: KeysNotRead.
Ask = Callable[[str, str, str, dict[str, Any]], Any]


def ask_over_curl(service: str, region: str, operation: str, request: dict[str, Any]) -> Any:
    from infra.access_keys import AccessKeyError
    from infra.json_service import error_code, json_service  # there may be no pycurl

    try:
        answer = json_service(service, region).carry(operation, msgspec.json.encode(request))
    except AccessKeyError as error:
        raise KeysNotRead(f"{service} cannot be asked for the keys") from error
    if answer.status != 200:
        why = error_code(answer) or answer.status or f"libcurl's error {answer.error}"
        raise KeysNotRead(f"{service} does not give out the keys: {why}")
    return msgspec.json.decode(answer.body)


def ask_over_boto3(service: str, region: str, operation: str, request: dict[str, Any]) -> Any:
    # Here, for it is most of a cold start where the environment has the keys.
    from botocore import xform_name
    from botocore.exceptions import BotoCoreError, ClientError

    from infra.clients import client

    try:
        return getattr(client(service, region, _config()), xform_name(operation))(**request)
    except (ClientError, BotoCoreError) as error:
        raise KeysNotRead(f"{service} does not give out the keys") from error


@functools.cache
def _config() -> Any:
    """Somebody waits for it, every five minutes."""
    from botocore.config import Config

    return Config(
        connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2}
    )


ask_aws = ask_over_curl if OVER_CURL else ask_over_boto3


def read_keys(settings: Settings, ask: Ask = ask_aws) -> list[Key]:
    """Our signing keys, from the environment on a laptop, from Secrets Manager or SSM in the cloud.

    Raises: SettingsError, without any part of a key in its text; KeysNotRead.
    """
    text = settings.jwt_keys or _stored_keys(settings, ask)
    try:
        keys: dict[str, Any] = json.loads(text)
        entries = list(keys.items())
    except (ValueError, AttributeError):
        raise SettingsError("JWT_KEYS is not a JSON object of keys by id") from None
    if not entries:
        raise SettingsError("JWT_KEYS names no key")
    try:
        return [parse_key(*entry, settings.issuer, settings.audience) for entry in entries]
    except Invalid as error:
        raise SettingsError(f"JWT_KEYS: {error.message}") from None


def _stored_keys(settings: Settings, ask: Ask) -> str:
    if name_or_arn := settings.jwt_keys_secret:
        request: dict[str, Any] = {"SecretId": name_or_arn}
        answer = ask("secretsmanager", settings.region, "GetSecretValue", request)
        return str(answer["SecretString"])
    if name := settings.jwt_keys_parameter:
        request = {"Name": name, "WithDecryption": True}
        answer = ask("ssm", settings.region, "GetParameter", request)
        return str(answer["Parameter"]["Value"])
    raise SettingsError("none of JWT_KEYS, JWT_KEYS_SECRET and JWT_KEYS_PARAMETER is set")
