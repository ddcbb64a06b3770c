from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.session import Session

from infra import clients, endpoints
from infra.endpoints import endpoint

THEIRS: Any = Session()
REGIONS = sorted(
    region
    for partition in THEIRS.get_available_partitions()
    for region in THEIRS.get_available_regions("dynamodb", partition)
    if region != "local"
)


@pytest.fixture(autouse=True)
def _no_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As in Lambda, whatever this machine is logged in to."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in (*endpoints.PROFILES, *endpoints.VARIANTS):
        monkeypatch.delenv(name, raising=False)


def botocores(service: str, region: str) -> str:
    client = THEIRS.create_client(service, region_name=region)
    return str(client.meta.endpoint_url)


@pytest.mark.parametrize("service", ["dynamodb", "secretsmanager", "sqs", "ssm"])
@pytest.mark.parametrize("region", ["eu-central-1", "us-gov-west-1", "cn-north-1", "us-iso-east-1"])
def test_a_region_is_reached_where_botocore_reaches_it(service: str, region: str) -> None:
    assert endpoint(service, region, {}) == botocores(service, region)


def test_no_region_is_given_another_partitions_suffix() -> None:
    partitions = Loader().load_data("partitions")["partitions"]
    suffixes = {each["id"]: each["outputs"]["dnsSuffix"] for each in partitions}
    for region in REGIONS:
        partition = THEIRS.get_partition_for_region(region)
        assert endpoints._suffix(region) in (suffixes[partition], None), region


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({"AWS_ENDPOINT_URL": "http://all"}, "http://all"),
        ({"AWS_ENDPOINT_URL_DYNAMODB": "http://it", "AWS_ENDPOINT_URL": "http://all"}, "http://it"),
        ({"AWS_ENDPOINT_URL_SQS": "http://other"}, "https://dynamodb.eu-central-1.amazonaws.com"),
        (
            {
                "AWS_ENDPOINT_URL": "http://all",
                "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
            },
            "https://dynamodb.eu-central-1.amazonaws.com",
        ),
    ],
)
def test_the_environment_may_name_another(environment: dict[str, str], url: str) -> None:
    assert endpoint("dynamodb", "eu-central-1", environment) == url


@pytest.mark.parametrize("variant", endpoints.VARIANTS)
def test_its_variants_are_botocores_to_know(monkeypatch: pytest.MonkeyPatch, variant: str) -> None:
    monkeypatch.setenv(variant, "true")
    found = endpoint("dynamodb", "us-east-1")
    assert found == botocores("dynamodb", "us-east-1")
    assert found != "https://dynamodb.us-east-1.amazonaws.com"


def test_a_profile_may_name_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / ".aws" / "config"
    file.parent.mkdir()
    file.write_text("[default]\nendpoint_url = http://profile\n")
    clients.session.cache_clear()  # it has read the files of before
    try:
        assert endpoint("dynamodb", "eu-central-1") == "http://profile"
    finally:
        clients.session.cache_clear()
