"""Requests under an Idempotency-Key in DynamoDB, one item each."""

from infra.rows import Action, Condition, DeleteError, PutError, RowError, UpdateError
from infra.stores.border import condition_failed, translated
from infra.tables import AttemptRow
from notify.errors import Unavailable
from notify.ports import Attempt, KeptAnswer


class DynamoAttempts:
    """Every write names the lease that its writer saw: of two, one finds it moved."""

    @translated
    def begin(self, key: str, attempt: Attempt, expires_at: int) -> Attempt:
        row = AttemptRow(
            key,
            body_hash=attempt.body_hash,
            notification_id=attempt.notification_id,
            begun_at=attempt.begun_at,
            lease_until=attempt.lease_until,
            expires_at=expires_at // 1000,
        )
        # DynamoDB's TTL deletes hours late.
        expired = AttemptRow.expires_at <= attempt.begun_at // 1000
        try:
            row.save(condition=AttemptRow.attempt.does_not_exist() | expired)
        except PutError as error:
            if condition_failed(error):
                return _found(key)
            raise
        return attempt

    @translated
    def lease(self, key: str, seen: Attempt, until: int) -> bool:
        try:
            AttemptRow(key).update(
                actions=[AttemptRow.lease_until.set(until)], condition=_as_seen(seen)
            )
        except UpdateError as error:
            return _refused(error)
        return True

    @translated
    def finish(self, key: str, attempt: Attempt, answer: KeptAnswer) -> bool:
        actions: list[Action] = [
            AttemptRow.status.set(answer.status),
            AttemptRow.answer.set(answer.body),
        ]
        try:
            AttemptRow(key).update(actions=actions, condition=_as_seen(attempt))
        except UpdateError as error:
            return _refused(error)
        return True

    @translated
    def drop(self, key: str, attempt: Attempt) -> bool:
        try:
            AttemptRow(key).delete(condition=_as_seen(attempt))
        except DeleteError as error:
            return _refused(error)
        return True


def _as_seen(seen: Attempt) -> Condition:
    unmoved: Condition = AttemptRow.lease_until == seen.lease_until
    same: Condition = AttemptRow.notification_id == seen.notification_id
    running: Condition = AttemptRow.answer.does_not_exist()
    seen_so: Condition = unmoved & same & running
    return seen_so


def _refused(error: RowError) -> bool:
    if condition_failed(error):
        return False
    raise error


def _found(key: str) -> Attempt:
    try:
        row = AttemptRow.get(key, consistent_read=True)
    except AttemptRow.DoesNotExist as error:  # it was dropped, or has expired, in between
        raise Unavailable("the request was made at the same time: try again") from error
    kept = KeptAnswer(int(row.status or 0), row.answer) if row.answer else None
    return Attempt(
        row.body_hash, row.notification_id, int(row.begun_at), int(row.lease_until), kept
    )
