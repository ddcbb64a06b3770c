"""The queue of refusals: tells connections that they were not let in, and closes them."""

import json

from handlers._edge.queue import Record, queue_at_once
from infra.wiring.hub import hub
from notify.codes import Code
from notify.model import ConnectionId
from notify.ports import Outcome


def _refusal(body: str) -> tuple[ConnectionId, Code]:
    refusal = json.loads(body)
    return ConnectionId(refusal["connection_id"]), Code(refusal["code"])


@queue_at_once(_refusal)
def handler(refusals: dict[Record, tuple[ConnectionId, Code]]) -> None:
    """A connection is Gone also while its $connect runs, so the first Gone is not believed."""
    outcomes = hub().refuse_each(dict(refusals.values()))
    for record, (connection_id, _) in refusals.items():
        outcome = outcomes[connection_id]
        gone_for_good = outcome is Outcome.GONE and record.receive_count > 1
        record.outcome = outcome.value
        record.is_taken = outcome is Outcome.POSTED or gone_for_good
