import gc

import pytest

from client.errors import ConnectionLost
from client.frames import ErrorFrame, Pong, RequestId, Subscribed
from client.pending import Pending


def refused(id_: str, topic: str | None) -> ErrorFrame:
    return ErrorFrame(RequestId(id_), 4403, "forbidden_topic", "no", topic, False, None, 0, False)


async def test_an_answer_finds_its_request() -> None:
    pending = Pending()
    first, second = pending.open(), pending.open()

    pending.settle(Pong(second.id))

    assert (first.answered.done(), await second.answered) == (False, (Pong(second.id),))


async def test_a_request_waits_for_each_of_its_topics() -> None:
    pending = Pending()
    request = pending.open(["a", "b"])
    answers = (refused(request.id, "b"), Subscribed(request.id, "a"))

    assert pending.settle(answers[0])
    assert not request.answered.done()
    pending.settle(answers[1])

    assert await request.answered == answers


async def test_an_error_without_a_topic_answers_the_whole_request() -> None:
    pending = Pending()
    request = pending.open(["a", "b"])

    pending.settle(refused(request.id, None))

    assert await request.answered == (refused(request.id, None),)


@pytest.mark.parametrize("answer", [Pong(None), Pong(RequestId("99")), refused("1", "a")])
async def test_what_nobody_waits_for_settles_nothing(answer: Pong | ErrorFrame) -> None:
    pending = Pending()
    pending.open()

    assert pending.settle(answer) is False


async def test_all_that_wait_are_told_of_the_end() -> None:
    pending = Pending()
    request = pending.open()

    pending.fail(ConnectionLost("broken"))

    with pytest.raises(ConnectionLost):
        await request.answered


async def test_who_does_not_wait_is_no_matter_for_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pending = Pending()
    pending.close(pending.open())
    pending.open()
    pending.fail(ConnectionLost("gone"))

    del pending
    gc.collect()
    assert not caplog.records
