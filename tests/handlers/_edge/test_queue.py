import json
import time

import pytest

from handlers._edge.queue import Record, queue, queue_at_once
from infra.invocation import begin, correlation_id
from tests import events


def followed(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str, str]]:
    """Of each line the event, the message and the request that it follows."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [
        (line["event"], line.get("message_id", line["request_id"]), line["correlation_id"])
        for line in lines
    ]


def test_what_is_refused_or_fails_comes_again_and_the_rest_does_not() -> None:
    @queue
    def handler(record: Record) -> bool | None:
        if record.body == "bug":
            raise KeyError("a secret")
        return {"taken": True, "refused": False}.get(record.body)

    response = handler(events.batch("q", "taken", "refused", "bug", "nothing said"), events.CONTEXT)
    assert response == {"batchItemFailures": [{"itemIdentifier": "m1"}, {"itemIdentifier": "m2"}]}


def test_a_record_knows_how_often_it_came_and_what_time_is_left() -> None:
    (raw,) = events.batch("q", "x", receive_count=3)["Records"]
    record = Record(raw, events.LambdaContext(remaining_ms=7))
    assert (record.receive_count, record.remaining_ms()) == (3, 7)


def test_every_record_leaves_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    @queue
    def handler(record: Record) -> None:
        record.outcome = "done"

    handler(events.batch("q", "x", "y"), events.CONTEXT)
    assert capsys.readouterr().out.count('"outcome": "done"') == 2


def test_a_line_says_how_long_the_record_has_waited(capsys: pytest.CaptureFixture[str]) -> None:
    @queue
    def handler(record: Record) -> None: ...

    event = events.batch("q", "x")
    event["Records"][0]["attributes"]["SentTimestamp"] = str(time.time_ns() // 1_000_000 - 5000)
    handler(event, events.CONTEXT)
    line = json.loads(capsys.readouterr().out)
    assert line["backlog_ms"] >= 5000
    assert line["correlation_id"] == "m0"


def test_every_line_of_a_record_says_what_request_it_comes_of(
    capsys: pytest.CaptureFixture[str],
) -> None:
    @queue
    def handler(record: Record) -> None:
        raise KeyError("a secret")

    handler(events.batch("q", "x", correlation_id="order-12"), events.CONTEXT)
    assert followed(capsys) == [("bug", "m0", "order-12"), ("queue", "m0", "order-12")]


def test_every_line_of_a_batch_as_a_whole_says_so_too(capsys: pytest.CaptureFixture[str]) -> None:
    @queue_at_once(int)
    def handler(numbers: dict[Record, int]) -> None:
        raise KeyError("a secret")

    event = events.batch("q", "1", correlation_id="order-12")
    event["Records"] += events.batch("q", "no number")["Records"]
    event["Records"][1]["messageId"] = "m1"
    handler(event, events.CONTEXT)
    assert followed(capsys) == [
        ("bug", "m1", "m1"),
        ("bug", "m0", "order-12"),
        ("queue", "m0", "order-12"),
        ("queue", "m1", "m1"),
    ]


def test_what_is_done_for_a_batch_as_a_whole_follows_no_earlier_request() -> None:
    @queue_at_once(int)
    def handler(numbers: dict[Record, int]) -> None:
        seen.append(correlation_id())

    seen: list[str | None] = []
    begin("an earlier one")
    handler(events.batch("q", "1", "no number"), events.CONTEXT)
    assert seen == [events.CONTEXT.aws_request_id]


def test_a_batch_as_a_whole_is_given_what_could_be_parsed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = []

    @queue_at_once(int)
    def handler(numbers: dict[Record, int]) -> None:
        given.append(list(numbers.values()))
        for record, number in numbers.items():
            record.outcome, record.is_taken = f"is {number}", number != 2

    response = handler(events.batch("q", "1", "no number", "2", "3"), events.CONTEXT)
    assert given == [[1, 2, 3]]
    assert response == {"batchItemFailures": [{"itemIdentifier": "m1"}, {"itemIdentifier": "m2"}]}
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    said = [(each["correlation_id"], each["outcome"]) for each in lines if each["event"] == "queue"]
    assert said == [("m0", "is 1"), ("m1", "failed"), ("m2", "is 2"), ("m3", "is 3")]


def test_a_batch_as_a_whole_that_fails_comes_again() -> None:
    @queue_at_once(int)
    def handler(numbers: dict[Record, int]) -> None:
        raise KeyError("a secret")

    response = handler(events.batch("q", "1", "2"), events.CONTEXT)
    assert response == {"batchItemFailures": [{"itemIdentifier": "m0"}, {"itemIdentifier": "m1"}]}
