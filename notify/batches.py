"""Many sends and broadcasts in one request, each judged by itself."""

from msgspec import Struct

from notify.broadcasts import StoredBroadcast
from notify.budget import Budget
from notify.errors import HeliographError, Invalid
from notify.idempotency import Trial
from notify.model import Principal
from notify.publishing import Publishing, Stored
from notify.requests import Addressed, Batch, Send, parse_addressed
from notify.scheduling import Result, ScheduledResult, Scheduling
from notify.sends import StoredSend

MAX_ADDRESSED_USERS = 500  # each takes some reads and writes, and the call has 29 seconds


class ItemResult(Struct, frozen=True):
    """What became of one item."""

    index: int
    outcome: Result | HeliographError


class Batches:
    """One bad item never costs the others."""

    def __init__(self, scheduling: Scheduling, publishing: Publishing) -> None:
        self._scheduling = scheduling
        self._publishing = publishing

    def run(self, by: Principal, batch: Batch, trial: Trial) -> list[ItemResult]:
        """A result an item, in order: every item is stored before any is pushed.

        Raises: Invalid, before anything is written.
        """
        parsed = [_parsed(fields) for fields in batch.messages]
        users = sum(len(request.usernames) for request in parsed if isinstance(request, Send))
        if users > MAX_ADDRESSED_USERS:
            raise Invalid(f"messages: at most {MAX_ADDRESSED_USERS} addressed users in all")
        good = [request for request in parsed if not isinstance(request, HeliographError)]
        budget = self._publishing.budget(good, trial)
        stored = [
            self._store(by, request, trial.part(index)) for index, request in enumerate(parsed)
        ]
        return [ItemResult(index, self._push(each, budget)) for index, each in enumerate(stored)]

    def _store(
        self, by: Principal, request: Addressed | HeliographError, trial: Trial
    ) -> Stored | ScheduledResult | HeliographError:
        if isinstance(request, HeliographError):
            return request
        try:
            return self._scheduling.store(by, request, trial)
        except HeliographError as error:
            return error

    def _push(
        self, stored: Stored | ScheduledResult | HeliographError, budget: Budget
    ) -> Result | HeliographError:
        if not isinstance(stored, StoredSend | StoredBroadcast):
            return stored
        try:
            return self._publishing.push(stored, budget)
        except HeliographError as error:
            return error


def _parsed(fields: object) -> Addressed | HeliographError:
    try:
        return parse_addressed(fields)
    except HeliographError as error:
        return error
