"""Where our signing keys are kept: the environment, Secrets Manager or SSM."""

import json
from typing import Any

from botocore.config import Config

from infra.clients import client
from infra.settings import Settings, SettingsError
from notify.errors import Invalid
from notify.tokens import Key, parse_key

# Somebody waits for it, every five minutes.
CONFIG = Config(
    connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2}
)


def read_keys(settings: Settings) -> list[Key]:
    """Our signing keys, from the environment on a laptop, from Secrets Manager or SSM in the cloud.

    Raises: SettingsError, without any part of a key in its text.
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
    answer = client("secretsmanager", region, CONFIG).get_secret_value(SecretId=name_or_arn)
    return str(answer["SecretString"])


def _parameter(name: str, region: str) -> str:
    answer = client("ssm", region, CONFIG).get_parameter(Name=name, WithDecryption=True)
    return str(answer["Parameter"]["Value"])
