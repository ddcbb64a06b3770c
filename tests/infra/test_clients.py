from botocore.config import Config
from botocore.loaders import Loader

from infra.clients import SERVICES, client, new_client, session
from tests.aws import REGION


def test_every_client_is_of_one_session() -> None:
    config = Config()
    assert session() is session()
    assert client("sqs", REGION, config) is client("sqs", REGION, config)
    assert client("sqs", REGION, config) is not client("sqs", REGION, Config())


def test_a_service_may_have_an_endpoint_of_its_own() -> None:
    made = new_client("apigatewaymanagementapi", REGION, Config(), "https://example.com/dev")
    assert made.meta.endpoint_url == "https://example.com/dev"


def test_botocore_knows_our_services() -> None:
    assert set(SERVICES) <= set(Loader().list_available_services("service-2"))
