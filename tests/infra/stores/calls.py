"""Calls to DynamoDB, seen from the wire: listed, answered with an error, cut off, interleaved."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

from botocore import xform_name

from infra.curl import Answer
from tests import rows
from tests.aws import client
from tests.rows import refusal


@dataclass(frozen=True)
class Call:
    """An operation and the tables it names, without their prefix."""

    operation: str
    tables: frozenset[str]
    permissions: frozenset[str]  # what IAM asks for: of a transaction, each of its actions

    def matches(self, operation: str, table: str) -> bool:
        """Where "" stands for any."""
        return operation in ("", self.operation) and (not table or table in self.tables)


# Returns an answer to give instead of DynamoDB's, or None; or raises what ends the function.
Interceptor = Callable[[Call], Answer | None]


@contextmanager
def intercepted(interceptor: Interceptor) -> Iterator[None]:
    """Every call that the models make inside goes by `interceptor` first."""

    def see(operation: str, body: dict[str, Any]) -> Answer | None:
        return interceptor(Call(operation, _tables(body), _permissions(operation, body)))

    with rows.intercepted(see):
        yield


def _tables(body: dict[str, Any]) -> frozenset[str]:
    named = {body["TableName"]} if "TableName" in body else set(body.get("RequestItems", {}))
    for item in body.get("TransactItems", ()):
        named |= {action["TableName"] for action in item.values()}
    return frozenset(name.rpartition("-")[2] for name in named)


def _permissions(operation: str, body: dict[str, Any]) -> frozenset[str]:
    actions = {f"{action}Item" for item in body.get("TransactItems", ()) for action in item}
    return frozenset(actions or {operation})


@contextmanager
def failing(
    *code_and_reasons: str, operation: str = "", table: str = "", times: int = 1_000_000
) -> Iterator[None]:
    """DynamoDB answers with an error to the next calls of that operation on that table."""
    left = times

    def interceptor(call: Call) -> Answer | None:
        nonlocal left
        if left and call.matches(operation, table):
            left -= 1
            return refusal(*code_and_reasons)
        return None

    with intercepted(interceptor):
        yield


@contextmanager
def before(operation: str, table: str, do: Callable[[], object]) -> Iterator[None]:
    """Something happens in front of the first call of that operation on that table."""
    waiting = [do]

    def interceptor(call: Call) -> None:
        if waiting and call.matches(operation, table):
            waiting.pop()()

    with intercepted(interceptor):
        yield
    assert not waiting


@contextmanager
def repeated(operation: str, table: str) -> Iterator[None]:
    """DynamoDB does the first call of that operation on that table, but its answer is lost; so our
    client makes it again."""
    waiting = True

    def see(name: str, body: dict[str, Any]) -> None:
        nonlocal waiting
        if waiting and name == operation and table in _tables(body):
            waiting = False
            getattr(client("dynamodb"), xform_name(name))(**body)

    with rows.intercepted(see):
        yield
    assert not waiting


@contextmanager
def listed() -> Iterator[list[Call]]:
    """The calls that are made inside."""
    calls: list[Call] = []
    with intercepted(calls.append):
        yield calls


class Crash(BaseException):
    """A function that stops in the middle: Lambda has killed it."""


WRITES = frozenset({"BatchWriteItem", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"})


@contextmanager
def crashing(after: int, of: frozenset[str] | None = None) -> Iterator[None]:
    """The function dies in front of its call number `after`, counted from 0; only calls `of` those
    operations are counted, if any are named."""
    made = 0

    def interceptor(call: Call) -> None:
        nonlocal made
        if of is not None and call.operation not in of:
            return
        if made == after:
            raise Crash
        made += 1

    with intercepted(interceptor):
        yield


def crashes(of: frozenset[str] | None = None) -> Iterator[Callable[[Callable[[], object]], None]]:
    """For each call that an operation makes, a way to run it that dies in front of that call."""
    going = True
    for after in itertools.count():
        if not going:
            return

        def attempt(operation: Callable[[], object], after: int = after) -> None:
            nonlocal going
            try:
                with crashing(after, of):
                    operation()
            except Crash:
                return
            going = False

        yield attempt


def interleave(seed: int, *tasks: Callable[[], object]) -> list[object]:
    """Runs the tasks at the same time, one call of one of them at a time, in an order by `seed`.

    Returns what each returned or raised.
    """
    return _Interleaving(Random(seed), tasks).run()


class _Interleaving:
    def __init__(self, random: Random, tasks: tuple[Callable[[], object], ...]) -> None:
        self._random = random
        self._tasks = tasks
        self._go = [threading.Semaphore(0) for _ in tasks]
        self._stopped = threading.Semaphore(0)
        self._running = set(range(len(tasks)))
        self._results: list[object] = [None] * len(tasks)
        self._here = threading.local()

    def run(self) -> list[object]:
        threads = [
            threading.Thread(target=self._run, args=(number,)) for number in range(len(self._tasks))
        ]
        with intercepted(self._wait_for_turn):
            for thread in threads:
                thread.start()
            while self._running:
                self._go[self._random.choice(sorted(self._running))].release()
                self._stopped.acquire()
        for thread in threads:
            thread.join()
        return self._results

    def _run(self, number: int) -> None:
        self._here.number = number
        self._go[number].acquire()
        try:
            self._results[number] = self._tasks[number]()
        except Exception as error:  # noqa: BLE001  (it is a result here)
            self._results[number] = error
        finally:
            self._running.discard(number)
            self._stopped.release()

    def _wait_for_turn(self, call: Call) -> None:
        self._stopped.release()
        self._go[self._here.number].acquire()
