"""Tables and queues of a template: the same contract on every embedded store."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from local_server.environment import api_names
from local_server.errors import Place, StoreError, TemplateError
from local_server.provisioning import (
    Clients,
    expected_names,
    make_clients,
    provision,
    unknown_properties,
)
from local_server.store import FAKE_CREDENTIALS, start_store
from local_server.stores.endpoints import Endpoints
from local_server.template import LogicalId, Names, Resource, Template, load_template
from local_server.template.resources import QUEUE
from tests.local_server.stores import needs_dynoxide

TEMPLATE = """\
service: contract
provider: { name: aws, region: eu-west-3 }
resources:
  Resources:
    Orders:
      Type: AWS::DynamoDB::Table
      Properties:
        TableName: contract-orders
        BillingMode: PAY_PER_REQUEST
        AttributeDefinitions:
          - { AttributeName: id, AttributeType: S }
          - { AttributeName: at, AttributeType: N }
          - { AttributeName: owner, AttributeType: S }
        KeySchema:
          - { AttributeName: id, KeyType: HASH }
          - { AttributeName: at, KeyType: RANGE }
        GlobalSecondaryIndexes:
          - IndexName: by-owner
            KeySchema: [{ AttributeName: owner, KeyType: HASH }]
            Projection: { ProjectionType: ALL }
        TimeToLiveSpecification: { AttributeName: expires_at, Enabled: true }
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }
    Unnamed:
      Type: AWS::DynamoDB::Table
      Properties:
        AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
        KeySchema: [{ AttributeName: id, KeyType: HASH }]
    Jobs:
      Type: AWS::SQS::Queue
      Properties:
        QueueName: contract-jobs
        VisibilityTimeout: 0
        RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 1 }
    Dead: { Type: AWS::SQS::Queue, Properties: { QueueName: contract-dead } }
    Ordered:
      Type: AWS::SQS::Queue
      Properties: { FifoQueue: true, ContentBasedDeduplication: true }
"""


STORES = ["ministack", "moto", pytest.param("dynoxide", marks=needs_dynoxide)]


@dataclass(frozen=True)
class Provisioned:
    template: Template
    clients: Clients
    names: Names


@pytest.fixture(scope="module", params=STORES)
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Provisioned]:
    file = tmp_path_factory.mktemp("contract") / "serverless.yml"
    file.write_text(TEMPLATE)
    template = load_template(file)
    started = start_store(request.param)
    asyncio.run(started.ready())
    clients = make_clients(started.endpoints, template.region, started.credentials)
    yield Provisioned(template, clients, provision(template, clients, api_names(template)))
    clients.dynamodb.close()
    clients.sqs.close()
    asyncio.run(started.stop())


def test_a_table_has_its_keys_and_indexes(store: Provisioned) -> None:
    table = store.clients.dynamodb.describe_table(TableName="contract-orders")["Table"]
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["id", "at"]
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["by-owner"]
    assert table["TableStatus"] == "ACTIVE"


def test_a_table_forgets_by_its_ttl(store: Provisioned) -> None:
    ttl = store.clients.dynamodb.describe_time_to_live(TableName="contract-orders")
    assert ttl["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLED",
        "AttributeName": "expires_at",
    }


def test_conditions_are_kept(store: Provisioned) -> None:
    put = {
        "TableName": "contract-orders",
        "Item": {"id": {"S": "1"}, "at": {"N": "1"}, "owner": {"S": "alice"}},
        "ConditionExpression": "attribute_not_exists(id)",
    }
    store.clients.dynamodb.put_item(**put)
    with pytest.raises(ClientError, match="ConditionalCheckFailedException"):
        store.clients.dynamodb.put_item(**put)


def test_an_index_is_queried(store: Provisioned) -> None:
    item = {"id": {"S": "2"}, "at": {"N": "1"}, "owner": {"S": "bob"}}
    store.clients.dynamodb.put_item(TableName="contract-orders", Item=item)
    found = store.clients.dynamodb.query(
        TableName="contract-orders",
        IndexName="by-owner",
        KeyConditionExpression="#o = :o",
        ExpressionAttributeNames={"#o": "owner"},
        ExpressionAttributeValues={":o": {"S": "bob"}},
    )
    assert found["Items"] == [item]


def test_a_resource_without_a_name_is_named_after_the_stack(store: Provisioned) -> None:
    assert store.names.refs[LogicalId("Unnamed")] == "contract-local-Unnamed"
    assert store.names.refs[LogicalId("Ordered")].endswith("/contract-local-Ordered.fifo")


def test_names_and_arns_are_known(store: Provisioned) -> None:
    assert store.names.refs[LogicalId("Orders")] == "contract-orders"
    known = of_the_region(store.names)
    assert known[LogicalId("Orders"), "Arn"] == (
        "arn:aws:dynamodb:eu-west-3:000000000000:table/contract-orders"
    )
    assert known[LogicalId("Jobs"), "Arn"] == ("arn:aws:sqs:eu-west-3:000000000000:contract-jobs")


def of_the_region(names: Names) -> dict[tuple[LogicalId, str], str]:
    """Dynoxide names one of its own in the ARNs of tables."""
    return {key: arn.replace(":dynoxide:", ":eu-west-3:") for key, arn in names.attributes.items()}


def test_a_queue_has_its_attributes(store: Provisioned) -> None:
    attributes = store.clients.sqs.get_queue_attributes(
        QueueUrl=store.names.refs[LogicalId("Jobs")], AttributeNames=["All"]
    )["Attributes"]
    assert attributes["VisibilityTimeout"] == "0"
    policy = json.loads(attributes["RedrivePolicy"])
    assert policy["deadLetterTargetArn"] == "arn:aws:sqs:eu-west-3:000000000000:contract-dead"
    assert int(policy["maxReceiveCount"]) == 1


def test_a_message_carries_what_an_event_needs(store: Provisioned) -> None:
    queue = store.names.refs[LogicalId("Dead")]
    attributes = {"kind": {"StringValue": "x", "DataType": "String"}}
    store.clients.sqs.send_message(QueueUrl=queue, MessageBody="hi", MessageAttributes=attributes)
    (message,) = store.clients.sqs.receive_message(
        QueueUrl=queue,
        WaitTimeSeconds=2,
        MessageSystemAttributeNames=["All"],
        MessageAttributeNames=["All"],
    )["Messages"]
    store.clients.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert "SentTimestamp" in message["Attributes"]
    assert message["MessageAttributes"]["kind"]["StringValue"] == "x"
    assert message["MD5OfBody"] == "49f68a5c8493ec2c0bf489821c21fc3b"


def test_what_is_received_too_often_moves_to_the_dead_letters(store: Provisioned) -> None:
    jobs, dead = (store.names.refs[LogicalId(name)] for name in ("Jobs", "Dead"))
    store.clients.sqs.send_message(QueueUrl=jobs, MessageBody="poison")
    for _ in range(3):
        store.clients.sqs.receive_message(QueueUrl=jobs)
    (message,) = store.clients.sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=5)["Messages"]
    store.clients.sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
    assert message["Body"] == "poison"


def test_what_exists_already_is_taken_over(store: Provisioned) -> None:
    again = provision(store.template, store.clients, api_names(store.template))
    assert again.refs == store.names.refs


def test_a_queue_that_exists_already_is_changed_in_place(
    store: Provisioned, tmp_path: Path
) -> None:
    changed = TEMPLATE.replace(
        "QueueName: contract-dead", "QueueName: contract-dead, DelaySeconds: 9"
    )
    (tmp_path / "serverless.yml").write_text(changed)
    template = load_template(tmp_path / "serverless.yml")
    names = provision(template, store.clients, api_names(template))
    assert names.refs == store.names.refs
    url = names.refs[LogicalId("Dead")]
    answer = store.clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])
    assert answer["Attributes"] == {"DelaySeconds": "9"}
    store.clients.sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "0"})


def test_names_can_be_expected_without_a_store(store: Provisioned) -> None:
    expected = expected_names(store.template, api_names(store.template))
    assert expected.attributes == of_the_region(store.names)
    assert expected.refs.keys() == store.names.refs.keys()
    assert expected.refs[LogicalId("Orders")] == "contract-orders"
    assert expected.refs[LogicalId("Jobs")] == (
        "https://sqs.eu-west-3.amazonaws.com/000000000000/contract-jobs"
    )


def test_every_property_that_is_not_emulated_is_known() -> None:
    place = Place(Path("serverless.yml"), 3, "Resources.Jobs.Type")
    jobs = Resource(LogicalId("Jobs"), QUEUE, {}, place)
    errors = unknown_properties({"QueueName": "q", "Colour": "red", "Size": 1}, jobs)
    assert [error.reason for error in errors] == [
        "the property Colour is not emulated",
        "the property Size is not emulated",
    ]


def test_a_table_with_other_keys_is_not(store: Provisioned, tmp_path: Path) -> None:
    template = one_table(tmp_path, name="contract-orders", key="number")
    with pytest.raises(StoreError, match="already holds a table contract-orders with other keys"):
        provision(template, store.clients, api_names(template))


def one_table(tmp_path: Path, name: str, key: str) -> Template:
    (tmp_path / "serverless.yml").write_text(f"""\
service: contract
resources:
  Resources:
    Only:
      Type: AWS::DynamoDB::Table
      Properties:
        TableName: {name}
        AttributeDefinitions: [{{ AttributeName: number, AttributeType: S }}]
        KeySchema: [{{ AttributeName: {key}, KeyType: HASH }}]
""")
    return load_template(tmp_path / "serverless.yml")


def test_a_property_that_is_not_emulated_is_refused(store: Provisioned, tmp_path: Path) -> None:
    text = TEMPLATE.replace("VisibilityTimeout: 0", "Colour: red")
    (tmp_path / "serverless.yml").write_text(text)
    template = load_template(tmp_path / "serverless.yml")
    with pytest.raises(TemplateError, match=r"Resources\.Jobs\.Type: the property Colour"):
        provision(template, store.clients, api_names(template))


def test_what_the_store_refuses_is_named(store: Provisioned, tmp_path: Path) -> None:
    template = one_table(tmp_path, name="contract-bad", key="undefined")
    with pytest.raises(StoreError, match=r"Resources\.Only\.Type: the store refuses contract-bad"):
        provision(template, store.clients, api_names(template))


def test_a_proxy_is_not_asked_for_the_way_to_a_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    clients = make_clients(Endpoints.all_at("http://127.0.0.1:1"), "eu-west-3", FAKE_CREDENTIALS)
    with pytest.raises(EndpointConnectionError):
        clients.sqs.list_queues()
