"""Requests that wait for their answers, matched by `id`."""

import asyncio
from collections.abc import Iterable
from itertools import count

from .errors import HeliographError
from .frames import Answer, RequestId


class Request:
    """One frame sent. It is answered once for each of its topics, or once if it names none."""

    def __init__(self, id_: RequestId, topics: Iterable[str] = ()) -> None:
        self.id = id_
        self.answered: asyncio.Future[tuple[Answer, ...]] = asyncio.Future()
        self._topics = set(topics)
        self._answers: list[Answer] = []

    def take(self, answer: Answer) -> bool:
        """Whether the answer was waited for: a refused topic of a `hello` is not."""
        topic = getattr(answer, "topic", None)
        if topic is not None and topic not in self._topics:
            return False
        self._answers.append(answer)
        self._topics.discard(topic)
        if (topic is None or not self._topics) and not self.answered.done():
            self.answered.set_result(tuple(self._answers))
        return True

    def fail(self, error: BaseException) -> None:
        if not self.answered.done():
            self.answered.set_exception(error)
            # Who could not even send the question does not wait, and asyncio would complain.
            self.answered.exception()


class Pending:
    """The open requests of one connection."""

    def __init__(self) -> None:
        self._requests: dict[RequestId, Request] = {}
        self._numbers = count(1)

    def open(self, topics: Iterable[str] = ()) -> Request:
        request = Request(RequestId(str(next(self._numbers))), topics)
        self._requests[request.id] = request
        return request

    def close(self, request: Request) -> None:
        self._requests.pop(request.id, None)

    def settle(self, answer: Answer) -> bool:
        """Give the answer to its request. Whether any had been waiting for it."""
        request = self._requests.get(answer.request) if answer.request else None
        return request is not None and request.take(answer)

    def fail(self, error: HeliographError) -> None:
        """Tell all that wait that no answer will come."""
        for request in self._requests.values():
            request.fail(error)
