import pytest

from notify.answers.history import HistoryAnswer
from notify.errors import Forbidden, Invalid
from notify.model import Action, Pattern
from notify.requests import HistoryQuery
from tests.notify.conftest import World, broadcast, refusal_code, send


def read(
    world: World, topic: str, after_seq: int = 0, limit: int = 50, by: str = "bob"
) -> HistoryAnswer:
    return world.history.read(world.principal(by, "member"), topic, HistoryQuery(after_seq, limit))


def seqs(answer: HistoryAnswer) -> list[int | None]:
    return [entry.seq for entry in answer.entries]


def test_a_topic_is_read_page_by_page(world: World) -> None:
    for _ in range(5):
        broadcast(world, "news")
    first = read(world, "news", limit=3)
    assert (first.topic, first.epoch, first.seq, first.has_more) == ("news", "epoch", 3, True)
    last = read(world, "news", first.seq, limit=3)
    assert (seqs(first), seqs(last), last.has_more) == ([1, 2, 3], [4, 5], False)


def test_a_topic_in_which_nothing_was_stored_is_empty(world: World) -> None:
    assert read(world, "news") == HistoryAnswer("news", None, [], 0, has_more=False)


def test_what_lies_beyond_the_head_is_empty(world: World) -> None:
    broadcast(world, "news")
    answer = read(world, "news", 2**53 - 1)
    assert (answer.entries, answer.seq, answer.has_more) == ([], 1, False)


def test_what_has_expired_is_left_out(world: World) -> None:
    for ttl_seconds in (60, 3600, 60):
        broadcast(world, "news", ttl_seconds=ttl_seconds)
    world.clock.advance(60_000)
    answer = read(world, "news")
    assert (seqs(answer), answer.seq) == ([2], 3)


def test_who_is_excluded_gets_nothing_of_it(world: World) -> None:
    broadcast(world, "news", exclude_user_ids=["bob"])
    assert seqs(read(world, "news")) == []
    assert seqs(read(world, "news", by="alice")) == [1]


@pytest.mark.parametrize("topic", ["*", "user:*"])
def test_what_everybody_got_is_in_general(world: World, topic: str) -> None:
    broadcast(world, topic)
    answer = read(world, topic)
    assert (answer.topic, seqs(answer)) == ("general", [1])


@pytest.mark.parametrize("topic", ["user:alice", "role:admin", "tenant:acme"])
def test_what_names_somebody_else_is_forbidden(world: World, topic: str) -> None:
    assert refusal_code(read, world, topic) == Forbidden.code


def test_a_capability_opens_the_history(world: World) -> None:
    send(world, "alice")
    watcher = world.principal("bob", caps={Pattern("user:alice"): frozenset({Action.HISTORY})})
    assert seqs(world.history.read(watcher, "user:alice", HistoryQuery())) == [1]


def test_what_is_no_topic_is_invalid(world: World) -> None:
    assert refusal_code(read, world, "no topic") == Invalid.code
