import json
import re

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notify.fanout import RETRIES_A_JOB
from notify.frames import MAX_NOTIFICATION_BYTES
from notify.jobs import (
    JoinJob,
    LaterJob,
    LeaveJob,
    PartJob,
    RetryJob,
    RevokeJob,
    encode_job,
    parse_job,
    parse_later_job,
)
from notify.model import ConnectionId, Pattern, Subscriber, Username
from notify.parts import PLAN
from tests.fakes import NOW

ALICE = Subscriber(
    ConnectionId("c1"), Username("alice"), NOW, NOW + 1, Pattern("user:alice"), shard=3
)
SQS_MESSAGE_BYTES = 256 * 1024


@pytest.mark.parametrize("job", [PartJob("bc_1", PLAN), PartJob("bc_1", 7, tries=3)])
def test_a_part_comes_out_of_the_queue_as_it_went_in(job: PartJob) -> None:
    assert parse_job(encode_job(job)) == job


@pytest.mark.parametrize(
    "job",
    [
        RetryJob("{}", (ALICE, ALICE), 1),
        RetryJob("{}", (), 5),
        JoinJob(Pattern("room:1"), Username("alice")),
        LeaveJob(Pattern("room:1"), Username("alice")),
        RevokeJob(Username("alice"), "stolen phone"),
    ],
)
def test_what_is_put_off_comes_out_of_the_queue_as_it_went_in(job: LaterJob) -> None:
    assert parse_later_job(encode_job(job)) == job


# What SQS takes, by its API reference of SendMessage. Others it refuses with the whole message.
SQS_TEXT = re.compile("[\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")


@settings(deadline=None)
@given(st.text(max_size=20))
@example("\ufffe\uffff \\ufffe \x00\x7f\u0085\U0001fffe")
def test_whatever_a_notification_says_sqs_takes_its_job(text: str) -> None:
    frame = msgspec.json.encode({"title": text}).decode()
    jobs: list[LaterJob] = [RetryJob(frame, (ALICE,), 1), RevokeJob(Username("alice"), text)]
    for job in jobs:
        body = encode_job(job)
        assert SQS_TEXT.fullmatch(body)
        assert parse_later_job(body) == job


def test_a_job_says_which_kind_it_is() -> None:
    assert json.loads(encode_job(RetryJob("{}", (ALICE,), 1)))["type"] == "retry"
    assert json.loads(encode_job(PartJob("b", 1)))["type"] == "part"


@pytest.mark.parametrize("text", ["", "{}", '{"type":"other"}', '{"type":"retry"}', "[]"])
def test_what_is_not_ours_is_a_bug(text: str) -> None:
    for parse in (parse_job, parse_later_job):
        with pytest.raises(msgspec.MsgspecError):
            parse(text)


def test_the_largest_retry_fits_into_a_message() -> None:
    # A frame that is all quotes doubles when it is quoted; names are at their longest.
    frame = '"' * MAX_NOTIFICATION_BYTES
    longest = Subscriber(
        ConnectionId("c" * 32), Username("u" * 64), NOW, NOW, Pattern("t" * 256), shard=1023
    )
    job = RetryJob(frame, (longest,) * RETRIES_A_JOB, 5)
    assert len(encode_job(job).encode()) < SQS_MESSAGE_BYTES
