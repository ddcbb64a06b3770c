"""Which shards may be read."""

from local_server.sources.shards import Shard, ready, shards_of

FIRST = Shard("first", None, closed=True)
CHILDREN = (Shard("left", "first", closed=False), Shard("right", "first", closed=False))


def test_shards_are_those_of_the_answer() -> None:
    description = {
        "Shards": [
            {"ShardId": "first", "SequenceNumberRange": {"EndingSequenceNumber": "9"}},
            {"ShardId": "left", "ParentShardId": "first", "SequenceNumberRange": {}},
        ]
    }
    assert shards_of(description) == [FIRST, CHILDREN[0]]


def test_a_child_waits_for_its_parent() -> None:
    shards = [CHILDREN[0], FIRST, CHILDREN[1]]
    assert ready(shards, set(), set()) == [FIRST]
    assert ready(shards, {"first"}, set()) == []
    assert ready(shards, {"first"}, {"first"}) == list(CHILDREN)
    assert ready(shards, {"first", "left"}, {"first"}) == [CHILDREN[1]]


def test_a_child_whose_parent_is_gone_may_begin() -> None:
    assert ready(CHILDREN, set(), set()) == list(CHILDREN)
