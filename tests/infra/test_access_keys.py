from pathlib import Path

import pytest

from infra import access_keys
from infra.access_keys import AccessKey, AccessKeyError, find_key


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No key in the environment: botocore's chain looks into this file, and nowhere else."""
    file = tmp_path / "credentials"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    access_keys._chain.cache_clear()
    return file


@pytest.mark.parametrize("name", ["AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"])
def test_lambda_puts_the_roles_key_into_the_environment(name: str) -> None:
    environment = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}
    assert find_key(environment) == AccessKey("id", "secret", None)
    assert find_key({**environment, name: "token"}) == AccessKey("id", "secret", "token")
    assert find_key({**environment, name: ""}) == AccessKey("id", "secret", None)


def test_elsewhere_botocore_knows_where_to_look(elsewhere: Path) -> None:
    elsewhere.write_text("[default]\naws_access_key_id = theirs\naws_secret_access_key = s\n")
    assert find_key({}) == AccessKey("theirs", "s", None)


def test_nobody_without_a_key_signs(elsewhere: Path) -> None:
    with pytest.raises(AccessKeyError):
        find_key({})


def test_whoever_gives_keys_out_may_not_answer(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (elsewhere.parent / "config").write_text("[default]\ncredential_process = false\n")
    with pytest.raises(AccessKeyError, match="CredentialRetrievalError"):
        find_key({})
