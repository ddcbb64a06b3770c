"""What a batch answers: an entry for each of its items."""

from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from notify.answers.publishing import publish_body
from notify.batches import ItemResult
from notify.errors import HeliographError
from notify.idempotency import Answer
from notify.problems import Problem, problem


class BatchItem(Struct, frozen=True):
    """What became of one item of a batch: an answer or, in its place, a problem."""

    index: int
    status: int
    answer: Any = UNSET
    problem: Problem | UnsetType = UNSET


class BatchAnswer(Struct, frozen=True):
    """An entry for each item, in order."""

    results: list[BatchItem]


def batch_answer(results: list[ItemResult], request_id: str) -> Answer:
    items = [_batch_item(each, request_id) for each in results]
    body = msgspec.json.encode(BatchAnswer(items))
    return Answer(200, body, final=all(item.status < 500 for item in items))


def _batch_item(item: ItemResult, request_id: str) -> BatchItem:
    if isinstance(item.outcome, HeliographError):
        refusal = problem(item.outcome, request_id)
        return BatchItem(item.index, refusal.status, problem=refusal)
    status, answer = publish_body(item.outcome)
    return BatchItem(item.index, status, answer=answer)
