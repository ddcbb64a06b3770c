"""Ours: a page of subscribers as the service reads it, over libcurl."""

from collections.abc import Callable

from benchmarks.subjects.load import PAGE, topic
from infra.wiring.subscriptions import subscriptions
from notify.model import Pattern


def start(url: str) -> Callable[[int], None]:
    store, pattern = subscriptions(), Pattern(topic(PAGE))

    def read(times: int) -> None:
        for _ in range(times):
            page = store.page(pattern, 0, None, PAGE, now=0)
            assert len(page.subscribers) == PAGE

    return read
