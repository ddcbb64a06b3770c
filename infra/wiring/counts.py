"""What is counted."""

from infra.stores.counts import DynamoCounts, MeteredCounts
from infra.wiring import part
from infra.wiring.settings import settings


@part
def counts() -> MeteredCounts:
    settings()
    return MeteredCounts(DynamoCounts())
