from typing import Any

import pytest

from infra.json_service import json_service
from infra.rows.errors import Reason, TransactWriteError
from tests.infra.rows.both import OURS, REGION, asked_by_both
from tests.rows import refusal


def write(rows: Any) -> None:
    with rows.transaction() as transaction:
        transaction.update(
            rows.Thing("a", 1),
            actions=[rows.Thing.tags.add({"x"})],
            condition=rows.Thing.tags.does_not_exist() | (rows.size(rows.Thing.tags) < 3),
        )
        transaction.save(rows.Lone("b"), condition=rows.Lone.id.does_not_exist())
        transaction.delete(rows.Thing("c", 3), condition=rows.Thing.owner.exists())


def test_it_asks_what_pynamodb_asks() -> None:
    ours, theirs = asked_by_both(write)
    assert ours == theirs
    assert len(ours) == 1


def test_nothing_is_written_if_the_block_raises() -> None:
    def fail(rows: Any) -> None:
        with pytest.raises(RuntimeError), rows.transaction() as transaction:  # noqa: PT012
            transaction.save(rows.Lone("b"))
            raise RuntimeError

    assert asked_by_both(fail) == ([], [])


def test_each_has_a_token_of_its_own() -> None:
    tokens = []

    def carry(operation: str, body: bytes) -> Any:
        tokens.append(body.partition(b"ClientRequestToken")[2])
        return refusal("TransactionCanceledException", "None", "ConditionalCheckFailed")

    json_service("dynamodb", REGION).carry = carry
    for _ in range(2):
        with pytest.raises(TransactWriteError) as raised:
            write(OURS)
        assert raised.value.cancellation_reasons == (None, Reason("ConditionalCheckFailed"))
    assert tokens[0] != tokens[1]
