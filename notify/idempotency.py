"""A request made twice under one key is done once, also when its first try died half way."""

import hashlib
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from notify.errors import HeliographError, Invalid, StillRunning, Unavailable
from notify.model import Principal
from notify.ports import Attempt, Attempts, Clock, KeptAnswer, NewId

# Longer than any HTTP function runs (serverless.yml): behind it, the first try is dead.
LEASE_MS = 35_000
KEPT_MS = 24 * 60 * 60 * 1000
# An item of DynamoDB takes 400 KB. A longer answer is not kept: its retry runs again, which does
# no harm, for it runs under the same ids.
MAX_ANSWER_BYTES = 350 * 1024
KEY = re.compile(r"[\x21-\x7e]{1,255}")
ID_HEAD = 16  # `ntf_` and the time


class Trial(Struct, frozen=True):
    """Under which id something is done. `tried_at` (ms): an earlier try under it began then.
    `correlation_id`: of the request that asked for it, where that is not the one being served."""

    notification_id: str
    tried_at: int | None = None
    correlation_id: str | None = None

    def part(self, number: int) -> "Trial":
        """One of several notifications: its id is its own, and the same in every try."""
        digest = hashlib.sha256(f"{self.notification_id}#{number}".encode()).hexdigest()
        head = self.notification_id[:ID_HEAD]
        return replace(self, notification_id=head + digest[:16])


class Answer(Struct, frozen=True):
    """An HTTP status and JSON. `final` unless a part of it may still succeed when tried again."""

    status: int
    body: bytes
    final: bool = True
    replayed: bool = False


class Idempotency:
    """Keys belong to a principal and a route. What was refused before anything was written is not
    kept, so a corrected retry goes through; what failed half way keeps its id, and goes on."""

    def __init__(self, attempts: Attempts, clock: Clock, new_id: NewId) -> None:
        self._attempts = attempts
        self._clock = clock
        self._new_id = new_id

    def once(
        self,
        by: Principal,
        route: str,
        key: str | None,
        body: Mapping[str, Any],
        run: Callable[[Trial], Answer],
    ) -> Answer:
        """What `run` answers, or has answered to an earlier try; without a key it just runs.

        Raises: Invalid for a bad key or another body under it, StillRunning, and what `run` does.
        """
        if key is None:
            return run(Trial(self._new_id()))
        if not KEY.fullmatch(key):
            raise Invalid("Idempotency-Key: 1 to 255 visible ASCII characters")
        name, digest, now = f"{by.username}#{route}#{key}", body_hash(body), self._clock()
        mine = Attempt(digest, self._new_id(), now, now + LEASE_MS)
        found = self._attempts.begin(name, mine, now + KEPT_MS)
        if found.body_hash != digest:
            raise Invalid("Idempotency-Key: it was used for another body")
        if found.answer is not None:
            return Answer(found.answer.status, found.answer.body.encode(), replayed=True)
        # Asked by its id: the client of the store repeats a write whose answer is lost, and then
        # finds what it wrote itself.
        if found.notification_id == mine.notification_id:
            return self._run(name, mine, Trial(mine.notification_id), run)
        taken = self._take_over(name, found, now)
        return self._run(name, taken, Trial(found.notification_id, found.begun_at), run)

    def _take_over(self, name: str, found: Attempt, now: int) -> Attempt:
        until = now + LEASE_MS
        if found.lease_until > now or not self._attempts.lease(name, found, until):
            raise StillRunning
        return replace(found, lease_until=until)

    def _run(
        self, name: str, attempt: Attempt, trial: Trial, run: Callable[[Trial], Answer]
    ) -> Answer:
        try:
            answer = run(trial)
        except Exception as error:
            self._give_up(name, attempt, trial, error)
            raise
        # What is done is done: a retry that finds no answer runs again under the same id.
        with suppress(Unavailable):
            if answer.final and len(answer.body) <= MAX_ANSWER_BYTES:
                kept = KeptAnswer(answer.status, answer.body.decode())
                self._attempts.finish(name, attempt, kept)
            else:
                self._attempts.lease(name, attempt, self._clock())
        return answer

    def _give_up(self, name: str, attempt: Attempt, trial: Trial, error: Exception) -> None:
        refused = isinstance(error, HeliographError) and error.status < 500
        with suppress(Unavailable):
            # An earlier try may have written something: its id has to stay.
            if refused and trial.tried_at is None:
                self._attempts.drop(name, attempt)
            else:
                self._attempts.lease(name, attempt, self._clock())


def body_hash(body: Mapping[str, Any]) -> str:
    """Of the canonical JSON: the order of fields and white space do not count."""
    return hashlib.sha256(msgspec.json.encode(body, order="sorted")).hexdigest()
