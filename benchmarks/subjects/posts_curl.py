"""Ours: the gateway as the service composes it, over libcurl."""

from collections.abc import Callable

from benchmarks.subjects.load import FRAME, ids
from infra.wiring.gateway import gateway
from notify.model import ConnectionId
from notify.ports import Outcome


def start(url: str) -> Callable[[int], None]:
    posts = gateway()

    def post(times: int) -> None:
        due = [ConnectionId(each) for each in ids(times)]
        while due:  # again, whom a busy machine let time out
            outcomes = posts.post_each(dict.fromkeys(due, FRAME))
            due = [each for each, outcome in outcomes if outcome is not Outcome.POSTED]

    return post
