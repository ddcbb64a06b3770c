"""The queue of refusals: tells connections that they were not let in, and closes them."""

import json

from handlers._edge.queue import Record, queue
from infra.wiring.hub import hub
from notify.codes import Code
from notify.model import ConnectionId
from notify.ports import Outcome


@queue
def handler(record: Record) -> bool:
    """A connection is Gone also while its $connect runs, so the first Gone is not believed."""
    refusal = json.loads(record.body)
    outcome = hub().refuse(ConnectionId(refusal["connection_id"]), Code(refusal["code"]))
    record.outcome = outcome.value
    gone_for_good = outcome is Outcome.GONE and record.receive_count > 1
    return outcome is Outcome.POSTED or gone_for_good
