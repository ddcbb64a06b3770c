"""Where SDKs are led to."""

from local_server.stores.endpoints import Endpoints


def test_each_service_has_its_variable_and_streams_are_where_the_tables_are() -> None:
    endpoints = Endpoints(dynamodb="http://a:1", sqs="http://a:2", ssm="http://a:3")
    assert endpoints.variables() == {
        "AWS_ENDPOINT_URL_DYNAMODB": "http://a:1",
        "AWS_ENDPOINT_URL_DYNAMODB_STREAMS": "http://a:1",
        "AWS_ENDPOINT_URL_SQS": "http://a:2",
        "AWS_ENDPOINT_URL_SSM": "http://a:3",
    }


def test_at_aws_nothing_is_said() -> None:
    assert Endpoints().variables() == {}


def test_one_url_may_serve_all() -> None:
    assert set(Endpoints.all_at("http://a").variables().values()) == {"http://a"}
