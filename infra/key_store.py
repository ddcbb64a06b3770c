"""Where our signing keys are kept: the environment, Secrets Manager or SSM."""

import functools
import json
from typing import Any

from infra.keys import KeysNotRead
from infra.settings import Settings, SettingsError
from notify.errors import Invalid
from notify.tokens import Key, parse_key


def read_keys(settings: Settings) -> list[Key]:
    """Our signing keys, from the environment on a laptop, from Secrets Manager or SSM in the cloud.

    Raises: SettingsError, without any part of a key in its text; KeysNotRead.
    """
    text = settings.jwt_keys or _stored_keys(settings)
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


def _stored_keys(settings: Settings) -> str:
    if settings.jwt_keys_secret:
        return _secret(settings.jwt_keys_secret, settings.region)
    if settings.jwt_keys_parameter:
        return _parameter(settings.jwt_keys_parameter, settings.region)
    raise SettingsError("none of JWT_KEYS, JWT_KEYS_SECRET and JWT_KEYS_PARAMETER is set")


def _secret(name_or_arn: str, region: str) -> str:
    answer = _answer("secretsmanager", region, "get_secret_value", SecretId=name_or_arn)
    return str(answer["SecretString"])


def _parameter(name: str, region: str) -> str:
    answer = _answer("ssm", region, "get_parameter", Name=name, WithDecryption=True)
    return str(answer["Parameter"]["Value"])


def _answer(service: str, region: str, operation: str, **parameters: Any) -> Any:
    # Here, for it is most of a cold start where the environment has the keys.
    from botocore.exceptions import BotoCoreError, ClientError

    from infra.clients import client

    try:
        return getattr(client(service, region, _config()), operation)(**parameters)
    except (ClientError, BotoCoreError) as error:
        raise KeysNotRead(f"{service} does not give out the keys") from error


@functools.cache
def _config() -> Any:
    """Somebody waits for it, every five minutes."""
    from botocore.config import Config

    return Config(
        connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2}
    )
