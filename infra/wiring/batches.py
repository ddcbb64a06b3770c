"""Several sends and broadcasts in one request."""

from infra.wiring import part
from infra.wiring.publishing import publishing
from infra.wiring.scheduling import scheduling
from notify.batches import Batches


@part
def batches() -> Batches:
    return Batches(scheduling(), publishing())
