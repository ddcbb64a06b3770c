import pytest
from moto import mock_aws

from infra.key_store import read_keys
from infra.settings import SettingsError, read_settings
from tests.aws import REGION, client

ENVIRONMENT = {"AWS_REGION": REGION, "TABLE_PREFIX": "test-"}
SECRET = "a-secret-of-more-than-thirty-two-bytes"
KEYS = f'{{"new": {{"alg": "HS256", "key": "{SECRET}"}}}}'


def test_keys_come_from_the_environment() -> None:
    (key,) = read_keys(read_settings({**ENVIRONMENT, "JWT_KEYS": KEYS}))
    assert (key.id, key.algorithm) == ("new", "HS256")


@mock_aws
def test_keys_come_from_ssm_where_the_environment_has_none() -> None:
    client("ssm").put_parameter(Name="/h/keys", Value=KEYS, Type="SecureString")
    (key,) = read_keys(read_settings({**ENVIRONMENT, "JWT_KEYS_PARAMETER": "/h/keys"}))
    assert key.id == "new"


@mock_aws
def test_keys_come_from_a_secret_by_its_name_or_arn_before_a_parameter() -> None:
    created = client("secretsmanager").create_secret(Name="h/keys", SecretString=KEYS)
    for secret in ("h/keys", created["ARN"]):
        variables = {"JWT_KEYS_SECRET": secret, "JWT_KEYS_PARAMETER": "/there-is-none"}
        (key,) = read_keys(read_settings({**ENVIRONMENT, **variables}))
        assert key.id == "new"


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
