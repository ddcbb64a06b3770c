from collections.abc import Iterator

import pytest
from moto import mock_aws

from infra.curl import Answer
from infra.json_service import json_service
from infra.key_store import Ask, ask_over_boto3, ask_over_curl, read_keys
from infra.keys import KeysNotRead
from infra.settings import SettingsError, read_settings
from tests.aws import REGION, client
from tests.rows import DOWN, carry_to_moto, refusal

ENVIRONMENT = {"AWS_REGION": REGION, "TABLE_PREFIX": "test-"}
SECRET = "a-secret-of-more-than-thirty-two-bytes"
KEYS = f'{{"new": {{"alg": "HS256", "key": "{SECRET}"}}}}'


def test_keys_come_from_the_environment() -> None:
    (key,) = read_keys(read_settings({**ENVIRONMENT, "JWT_KEYS": KEYS}))
    assert (key.id, key.algorithm) == ("new", "HS256")


@pytest.fixture(params=[ask_over_curl, ask_over_boto3])
def ask(request: pytest.FixtureRequest) -> Iterator[Ask]:
    """What holds for one library holds for the other."""
    with mock_aws():
        carry_to_moto()
        yield request.param


def test_keys_come_from_ssm_where_the_environment_has_none(ask: Ask) -> None:
    client("ssm").put_parameter(Name="/h/keys", Value=KEYS, Type="SecureString")
    (key,) = read_keys(read_settings({**ENVIRONMENT, "JWT_KEYS_PARAMETER": "/h/keys"}), ask)
    assert key.id == "new"


def test_a_store_that_has_no_keys_is_named(ask: Ask) -> None:
    settings = read_settings({**ENVIRONMENT, "JWT_KEYS_PARAMETER": "/there-is-none"})
    with pytest.raises(KeysNotRead, match="ssm does not give out the keys"):
        read_keys(settings, ask)


def test_keys_come_from_a_secret_by_its_name_or_arn_before_a_parameter(ask: Ask) -> None:
    created = client("secretsmanager").create_secret(Name="h/keys", SecretString=KEYS)
    for secret in ("h/keys", created["ARN"]):
        variables = {"JWT_KEYS_SECRET": secret, "JWT_KEYS_PARAMETER": "/there-is-none"}
        (key,) = read_keys(read_settings({**ENVIRONMENT, **variables}), ask)
        assert key.id == "new"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (refusal("AccessDeniedException"), "AccessDeniedException"),
        (Answer(502, b"<html>"), "502"),
        (DOWN, "libcurl's error 7"),
    ],
)
def test_why_there_are_no_keys_is_said(answer: Answer, why: str) -> None:
    ssm = json_service("ssm", "eu-west-3")
    ssm.carry = lambda operation, body: answer
    variables = {"AWS_REGION": "eu-west-3", "JWT_KEYS_PARAMETER": "/h/keys"}
    with pytest.raises(KeysNotRead, match=why):
        read_keys(read_settings({**ENVIRONMENT, **variables}), ask_over_curl)


@pytest.mark.parametrize(
    "keys",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"k": "text"}',
        '{"k": {"alg": "none"}}',
        '{"k": {"alg": "HS256", "key": "short"}}',
        '{"k": {"alg": "RS256"}}',
    ],
)
def test_bad_keys_are_refused_without_quoting_them(keys: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_keys(read_settings({**ENVIRONMENT, "JWT_KEYS": keys}))
    assert "short" not in str(raised.value)
