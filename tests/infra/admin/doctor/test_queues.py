import json

import pytest

from infra.admin.dead_letters import QUEUES
from infra.admin.doctor.queues import look_at_queues
from tests.aws import PREFIX, client
from tests.infra.admin.doctor.patients import on_moto, short


@pytest.fixture
def queues(bare_aws: None) -> dict[str, str]:
    urls: dict[str, str] = {}
    for queue in QUEUES:
        dead = client("sqs").create_queue(QueueName=f"{PREFIX}{queue}-dead")["QueueUrl"]
        arn = f"arn:aws:sqs:eu-central-1:123456789012:{PREFIX}{queue}-dead"
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})
        made = client("sqs").create_queue(
            QueueName=f"{PREFIX}{queue}", Attributes={"RedrivePolicy": policy}
        )
        urls |= {queue: made["QueueUrl"], f"{queue}-dead": dead}
    return urls


def test_queues_without_dead_letters_are_counted(queues: dict[str, str]) -> None:
    assert short(look_at_queues(on_moto())) == ["ok: 3, and no dead letters"]


def test_dead_letters_are_counted_with_what_to_do(queues: dict[str, str]) -> None:
    client("sqs").send_message(QueueUrl=queues["later-dead"], MessageBody="hush")
    (finding,) = look_at_queues(on_moto())
    assert (finding.level, finding.text) == ("fail", "later: 1 dead letters")
    assert finding.advice.endswith("python -m infra.admin --stage test redrive later")


def test_a_queue_that_is_missing_is_named(queues: dict[str, str]) -> None:
    client("sqs").delete_queue(QueueUrl=queues["deliveries"])
    (text,) = short(look_at_queues(on_moto()))
    assert text == "fail: deliveries or deliveries-dead is missing"


def test_a_queue_that_never_gives_up_is_named(queues: dict[str, str]) -> None:
    client("sqs").set_queue_attributes(
        QueueUrl=queues["refusals"], Attributes={"RedrivePolicy": ""}
    )
    (text,) = short(look_at_queues(on_moto()))
    assert text == "fail: refusals does not lead to refusals-dead"
