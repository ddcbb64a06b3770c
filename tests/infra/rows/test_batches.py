from typing import Any

import pytest

from infra.rows.errors import GetError, NoAnswer, PutError
from tests.infra.rows.both import NOTHING, THEIRS, asked_by_both


def things(rows: Any, number: int) -> list[Any]:
    return [rows.Thing("a", n, name="n") for n in range(number)]


def write(rows: Any, saved: int, deleted: int) -> None:
    with rows.Thing.batch_write() as batch:
        for each in things(rows, saved):
            batch.save(each)
        for each in things(rows, deleted):
            batch.delete(each)


@pytest.mark.parametrize(("saved", "deleted"), [(0, 0), (1, 0), (0, 2), (3, 4), (25, 0), (26, 30)])
def test_batches_are_those_of_pynamodb(saved: int, deleted: int) -> None:
    ours, theirs = asked_by_both(lambda rows: write(rows, saved, deleted))
    assert ours == theirs
    assert len(ours) == -(-(saved + deleted) // 25)


def test_what_was_given_is_written_though_the_block_ends_badly() -> None:
    def fail(rows: Any) -> None:
        with pytest.raises(RuntimeError), rows.Thing.batch_write() as batch:  # noqa: PT012
            batch.save(things(rows, 1)[0])
            raise RuntimeError

    ours, theirs = asked_by_both(fail)
    assert ours == theirs
    assert len(ours) == 1


class Half:
    """Takes, or reads, half of what it is given, and then half of that."""

    def __init__(self) -> None:
        self.done = 0

    def write(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        (given,) = request["RequestItems"].values()
        taken = -(-len(given) // 2)
        self.done += taken
        return {"UnprocessedItems": {"things": given[taken:]} if given[taken:] else {}}

    def read(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        (given,) = request["RequestItems"].values()
        keys = given["Keys"]
        read = -(-len(keys) // 2)
        left = {"things": {**given, "Keys": keys[read:]}} if keys[read:] else {}
        return {"Responses": {"things": keys[:read]}, "UnprocessedKeys": left}


def test_what_was_not_taken_is_given_again() -> None:
    half = Half()
    ours, theirs = asked_by_both(lambda rows: write(rows, 4, 0), half.write)
    assert half.done == 2 * 4
    assert list(map(sizes, ours)) == list(map(sizes, theirs)) == [4, 2, 1]


def sizes(asked: tuple[str, dict[str, Any]]) -> int:
    (given,) = asked[1]["RequestItems"].values()
    return len(given["Keys"] if asked[0] == "BatchGetItem" else given)


def test_what_was_not_read_is_asked_for_again() -> None:
    found = []

    def read(rows: Any) -> None:
        found.append({each.number for each in rows.Thing.batch_get([("a", n) for n in range(8)])})

    ours, theirs = asked_by_both(read, Half().read)
    assert found == [set(range(8))] * 2
    assert list(map(sizes, ours)) == list(map(sizes, theirs)) == [8, 4, 2, 1]


def test_more_keys_than_a_batch_takes_are_read_in_several() -> None:
    found = []

    def read(rows: Any) -> None:
        found.append(sum(1 for _ in rows.Thing.batch_get([("a", n) for n in range(230)])))

    def answers(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        return {"Responses": {"things": request["RequestItems"]["things"]["Keys"]}} | {
            "UnprocessedKeys": {}
        }

    ours, theirs = asked_by_both(read, answers)
    assert found == [230, 230]
    assert sorted(map(sizes, ours)) == sorted(map(sizes, theirs)) == [30, 100, 100]


def test_what_is_never_taken_or_read_is_given_up_after_four_times() -> None:
    def nothing(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        return {"UnprocessedItems": request["RequestItems"]} | {
            "UnprocessedKeys": request["RequestItems"],
            "Responses": {},
        }

    def both(rows: Any) -> None:
        if rows is THEIRS:
            return
        with pytest.raises(PutError) as put:
            write(rows, 1, 0)
        with pytest.raises(GetError) as got:
            list(rows.Thing.batch_get([("a", 1)]))
        assert isinstance(put.value.cause, NoAnswer)
        assert isinstance(got.value.cause, NoAnswer)

    ours, _ = asked_by_both(both, nothing)
    assert [operation for operation, _ in ours] == ["BatchWriteItem"] * 4 + ["BatchGetItem"] * 4


def test_a_table_that_answers_nothing_has_nothing() -> None:
    found = []
    asked_by_both(
        lambda rows: found.append(list(rows.Lone.batch_get(["a"]))),
        lambda *_: NOTHING | {"Responses": {"lone": []}},
    )
    assert found == [[], []]
