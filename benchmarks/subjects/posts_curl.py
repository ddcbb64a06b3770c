"""Ours: the gateway as the service composes it, over libcurl."""

from collections.abc import Callable

from benchmarks.subjects.load import FRAME, ids, posted
from infra.wiring.gateway import gateway
from notify.model import ConnectionId
from notify.ports import Outcome


def start(url: str) -> Callable[[int], None]:
    posts = gateway()

    def post(times: int) -> None:
        frames = {ConnectionId(each): FRAME for each in ids(times)}
        outcomes = [outcome for _, outcome in posts.post_each(frames)]
        posted(outcomes.count(Outcome.POSTED), times)

    return post
