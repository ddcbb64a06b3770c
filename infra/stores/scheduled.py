"""Scheduled sends in DynamoDB, one item each."""

from collections.abc import Iterable

import msgspec

from infra.rows import Action, Condition, DoesNotExist, PutError, UpdateError
from infra.stores.border import condition_failed, translated
from infra.tables import ScheduledRow
from notify.model import Principal
from notify.requests import parse_stored
from notify.timetable import ScheduledSend, ScheduledState


class DynamoScheduled:
    """What is written once, and how far it has got."""

    @translated
    def add(self, item: ScheduledSend) -> ScheduledSend:
        row = ScheduledRow(
            _bucket(item.id),
            item.id,
            principal=msgspec.json.encode(item.by).decode(),
            request=msgspec.json.encode(item.request).decode(),
            at=item.at,
            created_at=item.created_at,
            state=item.state.value,
            claimed_at=item.claimed_at,
            lease_until=item.lease_until,
            correlation_id=item.correlation_id,
            expires_at=item.expires_at // 1000,
        )
        try:
            row.save(condition=ScheduledRow.bucket.does_not_exist())
        except PutError as error:
            if condition_failed(error):
                return _item(ScheduledRow.get(_bucket(item.id), item.id, consistent_read=True))
            raise
        return item

    @translated
    def get(self, id: str) -> ScheduledSend | None:
        try:
            return _item(ScheduledRow.get(_bucket(id), id, consistent_read=True))
        except DoesNotExist:
            return None

    @translated
    def get_each(self, ids: Iterable[str]) -> dict[str, ScheduledSend]:
        keys = [(_bucket(each), each) for each in ids]
        rows = ScheduledRow.batch_get(keys, consistent_read=True)
        return {row.id: _item(row) for row in rows}

    @translated
    def change(self, seen: ScheduledSend, to: ScheduledSend) -> bool:
        actions: list[Action] = [
            ScheduledRow.state.set(to.state.value),
            ScheduledRow.lease_until.set(to.lease_until),
        ]
        if to.claimed_at is not None:
            actions.append(ScheduledRow.claimed_at.set(to.claimed_at))
        try:
            ScheduledRow(_bucket(seen.id), seen.id).update(actions, condition=_as_seen(seen))
        except UpdateError as error:
            if condition_failed(error):
                return False
            raise
        return True


def _bucket(id: str) -> str:
    """Each alone in its own: nothing is ever listed but the minutes."""
    return f"item#{id}"


def _as_seen(seen: ScheduledSend) -> Condition:
    unmoved: Condition = ScheduledRow.lease_until == seen.lease_until
    same: Condition = ScheduledRow.state == seen.state.value
    seen_so: Condition = unmoved & same
    return seen_so


def _item(row: ScheduledRow) -> ScheduledSend:
    return ScheduledSend(
        id=row.id,
        by=msgspec.json.decode(row.principal or "", type=Principal),
        request=parse_stored(msgspec.json.decode(row.request or "")),
        at=int(row.at or 0),
        created_at=int(row.created_at or 0),
        expires_at=int(row.expires_at) * 1000,
        state=ScheduledState(row.state),
        claimed_at=int(row.claimed_at) if row.claimed_at else None,
        lease_until=int(row.lease_until or 0),
        correlation_id=row.correlation_id,
    )
