"""SQS consumers: they show every record to an observer."""

import json
from typing import Any

from functions.sockets import gateway  # type: ignore[import-not-found]

Event = dict[str, Any]


def work(event: Event, context: Any) -> Any:
    failed: list[Event] = []
    for record in event["Records"]:
        job = json.loads(record["body"])
        show("work", record, job)
        if job.get("raise"):
            raise RuntimeError("the whole batch fails")
        if job.get("fail"):
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def bury(event: Event, context: Any) -> Any:
    for record in event["Records"]:
        show("bury", record, json.loads(record["body"]))


def show(consumer: str, record: Event, job: Event) -> None:
    shown = json.dumps({"consumer": consumer, "record": record})
    gateway().post_to_connection(ConnectionId=job["observer"], Data=shown)
