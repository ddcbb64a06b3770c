"""Whether every queue has its dead letters behind it, and none are there."""

import json
from collections.abc import Iterator

from botocore.exceptions import ClientError

from infra.admin.dead_letters import QUEUES, DeadLetters, find_dead_letters
from infra.admin.doctor.findings import Finding, fail, ok
from infra.admin.doctor.patient import Patient
from infra.admin.stage import error_code

MISSING = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})


def look_at_queues(patient: Patient) -> Iterator[Finding]:
    wrong = [finding for queue in QUEUES for finding in _look(patient, queue)]
    yield from wrong
    if not wrong:
        yield ok("queues", f"{len(QUEUES)}, and no dead letters")


def _look(patient: Patient, queue: str) -> Iterator[Finding]:
    try:
        letters = find_dead_letters(patient.stage, queue)
    except ClientError as error:
        if error_code(error) not in MISSING:
            raise
        yield fail("queues", f"{queue} or {queue}-dead is missing", "deploy the stage")
        return
    if not _gives_up(patient, letters):
        advice = "deploy again: a message that kills its function comes for ever"
        yield fail("queues", f"{queue} does not lead to {queue}-dead", advice)
    if letters.count or letters.held:
        advice = (
            f"read their log lines, mend the cause, then: {patient.command(f'redrive {queue}')}"
        )
        yield fail("queues", f"{queue}: {letters.count + letters.held} dead letters", advice)


def _gives_up(patient: Patient, letters: DeadLetters) -> bool:
    names = ["RedrivePolicy"]
    answer = patient.client("sqs").get_queue_attributes(QueueUrl=letters.url, AttributeNames=names)
    policy = json.loads(answer.get("Attributes", {}).get("RedrivePolicy", "{}"))
    dead = letters.dead_url.rpartition("/")[2]
    return str(policy.get("deadLetterTargetArn", "")).endswith(f":{dead}")
