"""What the environment of a function says; serverless.yml writes it."""

import os
from collections.abc import Mapping

from msgspec import Struct

from notify.errors import Invalid
from notify.limits import (
    FRAMES_A_MINUTE,
    LOGINS_A_MINUTE,
    LOGINS_A_MINUTE_OF_AN_ADDRESS,
    MAX_CONNECTIONS_PER_USER,
    NEW_TOPICS_A_DAY,
    READS_A_MINUTE,
    REFRESHES_A_MINUTE_OF_AN_ADDRESS,
    WRITES_A_MINUTE,
)
from notify.model import Pattern
from notify.pacing import MAX_INLINE_RECIPIENTS, POSTS_A_SECOND, WORKERS, Pace
from notify.topics import parse_pattern

REFUSAL_MODES = ("frame", "reject")
HTTP_ENGINES = ("curl", "boto3")
PROBE_MINUTES = 15
# A post is ten milliseconds of waiting: so many are 6,000 a second.
POSTS_AT_ONCE = 64


class SettingsError(Exception):
    """The environment is not what serverless.yml makes it; the message names the variable."""


class Settings(Struct, frozen=True):
    """Everything a function is told by its environment."""

    stage: str
    region: str
    table_prefix: str
    refusal_mode: str
    http_engine: str
    public_topics: tuple[Pattern, ...]
    presence_topics: tuple[Pattern, ...]
    inline_recipients: int
    posts_at_once: int
    pace: Pace
    probe_minutes: int
    callback_endpoint: str
    refusals_queue_url: str
    deliveries_queue_url: str
    later_queue_url: str
    websocket_url: str
    max_connections_per_user: int
    writes_per_minute: int
    reads_per_minute: int
    frames_per_minute: int
    new_topics_per_day: int
    logins_per_minute: int
    logins_per_minute_per_address: int
    refreshes_per_minute_per_address: int
    trusted_proxies: int
    issuer: str | None
    audience: str | None
    jwt_keys: str
    jwt_keys_parameter: str
    jwt_keys_secret: str
    jwks_url: str
    jwks_issuer: str | None
    jwks_audience: str | None
    jwks_username_claim: str
    jwks_roles_claim: str


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Raises: SettingsError."""
    return Settings(
        stage=environment.get("STAGE", ""),
        region=_required(environment, "AWS_REGION"),
        table_prefix=_required(environment, "TABLE_PREFIX"),
        refusal_mode=_one_of(environment, "WS_REFUSAL", REFUSAL_MODES),
        http_engine=_one_of(environment, "HTTP_ENGINE", HTTP_ENGINES),
        public_topics=_patterns(environment, "PUBLIC_TOPICS", "*"),
        presence_topics=_patterns(environment, "PRESENCE_TOPICS", "room:*"),
        inline_recipients=_number(environment, "INLINE_RECIPIENTS", MAX_INLINE_RECIPIENTS),
        posts_at_once=_positive(environment, "POSTS_AT_ONCE", POSTS_AT_ONCE),
        pace=Pace(
            posts_a_second=_positive(environment, "DELIVERY_POSTS_PER_SECOND", POSTS_A_SECOND),
            workers=_positive(environment, "DELIVERY_WORKERS", WORKERS),
        ),
        probe_minutes=_number(environment, "PROBE_MINUTES", PROBE_MINUTES),
        callback_endpoint=environment.get("CALLBACK_ENDPOINT", ""),
        refusals_queue_url=environment.get("REFUSALS_QUEUE_URL", ""),
        deliveries_queue_url=environment.get("DELIVERIES_QUEUE_URL", ""),
        later_queue_url=environment.get("LATER_QUEUE_URL", ""),
        websocket_url=environment.get("WEBSOCKET_URL", ""),
        max_connections_per_user=_number(
            environment, "MAX_CONNECTIONS_PER_USER", MAX_CONNECTIONS_PER_USER
        ),
        writes_per_minute=_number(environment, "WRITES_PER_MINUTE", WRITES_A_MINUTE),
        reads_per_minute=_number(environment, "READS_PER_MINUTE", READS_A_MINUTE),
        frames_per_minute=_number(environment, "FRAMES_PER_MINUTE", FRAMES_A_MINUTE),
        new_topics_per_day=_number(environment, "NEW_TOPICS_PER_DAY", NEW_TOPICS_A_DAY),
        logins_per_minute=_number(environment, "LOGINS_PER_MINUTE", LOGINS_A_MINUTE),
        logins_per_minute_per_address=_number(
            environment, "LOGINS_PER_MINUTE_PER_ADDRESS", LOGINS_A_MINUTE_OF_AN_ADDRESS
        ),
        refreshes_per_minute_per_address=_number(
            environment, "REFRESHES_PER_MINUTE_PER_ADDRESS", REFRESHES_A_MINUTE_OF_AN_ADDRESS
        ),
        trusted_proxies=_number(environment, "TRUSTED_PROXIES", 0),
        issuer=environment.get("JWT_ISSUER") or None,
        audience=environment.get("JWT_AUDIENCE") or None,
        jwt_keys=environment.get("JWT_KEYS", ""),
        jwt_keys_parameter=environment.get("JWT_KEYS_PARAMETER", ""),
        jwt_keys_secret=environment.get("JWT_KEYS_SECRET", ""),
        jwks_url=environment.get("JWT_JWKS_URL", ""),
        jwks_issuer=environment.get("JWT_JWKS_ISSUER") or None,
        jwks_audience=environment.get("JWT_JWKS_AUDIENCE") or None,
        jwks_username_claim=environment.get("JWT_JWKS_USERNAME_CLAIM") or "sub",
        jwks_roles_claim=environment.get("JWT_JWKS_ROLES_CLAIM") or "roles",
    )


def metrics_namespace(environment: Mapping[str, str] = os.environ) -> str:
    """CloudWatch's namespace of our metrics; empty where there are to be none."""
    return environment.get("METRICS_NAMESPACE", "")


def wants_curl(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether requests may go over libcurl, for what is chosen before the rest is read."""
    return environment.get("HTTP_ENGINE", "") in ("", HTTP_ENGINES[0])


def _patterns(environment: Mapping[str, str], name: str, default: str) -> tuple[Pattern, ...]:
    text = environment.get(name, default)
    try:
        return tuple(parse_pattern(topic.strip()) for topic in text.split(",") if topic.strip())
    except Invalid as error:
        raise SettingsError(f"{name}: {error.message}") from None


def _one_of(environment: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """The first of them is the default."""
    choice = environment.get(name) or choices[0]
    if choice not in choices:
        raise SettingsError(f"{name} is {choice!r}; it can be {' or '.join(choices)}")
    return choice


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isascii() or not text.isdigit():
        raise SettingsError(f"{name} is {text!r}; it must be a whole number")
    return int(text)


def _positive(environment: Mapping[str, str], name: str, default: int) -> int:
    number = _number(environment, name, default)
    if not number:
        raise SettingsError(f"{name} is 0; it must be at least 1")
    return number


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name)
    if not value:
        raise SettingsError(f"{name} is not set")
    return value
