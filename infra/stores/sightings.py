"""Who is announced in which topic, in DynamoDB."""

from infra.rows import Action, DeleteError, DoesNotExist, PutError, UpdateError
from infra.stores.border import condition_failed, translated
from infra.tables import SightingRow
from notify.errors import Unavailable
from notify.model import Pattern, Username
from notify.ports import NewId, Sighting

MAX_TRIES = 4


class DynamoSightings:
    """One item a user and topic. A version is never given twice, so that an item which was removed
    and made again is not taken for the old one."""

    def __init__(self, new_id: NewId) -> None:
        self._new_id = new_id

    @translated
    def get(self, topic: Pattern, username: Username, now: int) -> Sighting | None:
        try:
            row = SightingRow.get(topic, username, consistent_read=True)
        except DoesNotExist:
            return None
        return _sighting(row) if _is_alive(row, now) else None

    @translated
    def of_topic(self, topic: Pattern, limit: int, now: int) -> dict[Username, Sighting]:
        rows = SightingRow.query(topic, consistent_read=True, limit=limit)
        return {Username(row.username): _sighting(row) for row in rows if _is_alive(row, now)}

    @translated
    def announce(self, topic: Pattern, username: Username, now: int, expires_at: int) -> Sighting:
        for _ in range(MAX_TRIES):
            made = self._make(topic, username, now, expires_at)
            announced = made or self._renew(topic, username, now, expires_at)
            if announced is not None:
                return announced
        raise Unavailable("the sighting is busy: try again")

    @translated
    def confirm(self, topic: Pattern, username: Username, sighting: Sighting) -> None:
        _update(topic, username, sighting, [SightingRow.told.set(True)])

    @translated
    def withdraw(self, topic: Pattern, username: Username, sighting: Sighting) -> Sighting | None:
        withdrawn = Sighting(self._new_id(), told=False)
        actions: list[Action] = [
            SightingRow.told.set(False),
            SightingRow.version.set(withdrawn.version),
        ]
        return withdrawn if _update(topic, username, sighting, actions) else None

    @translated
    def remove(self, topic: Pattern, username: Username, sighting: Sighting) -> None:
        unchanged = SightingRow.version == sighting.version
        try:
            SightingRow(topic, username).delete(condition=unchanged)
        except DeleteError as error:
            if not condition_failed(error):
                raise

    def _make(
        self, topic: Pattern, username: Username, now: int, expires_at: int
    ) -> Sighting | None:
        """None if there is one."""
        made = Sighting(self._new_id(), told=False)
        row = SightingRow(
            topic, username, version=made.version, told=False, expires_at=expires_at // 1000
        )
        # DynamoDB's TTL deletes hours late.
        expired = SightingRow.expires_at <= now // 1000
        absent = SightingRow.topic.does_not_exist() | expired
        try:
            row.save(condition=absent)
        except PutError as error:
            if condition_failed(error):
                return None
            raise
        return made

    def _renew(
        self, topic: Pattern, username: Username, now: int, expires_at: int
    ) -> Sighting | None:
        """None if there is none any more."""
        row = SightingRow(topic, username)
        actions: list[Action] = [
            SightingRow.version.set(self._new_id()),
            SightingRow.expires_at.set(expires_at // 1000),
        ]
        alive = SightingRow.topic.exists() & (SightingRow.expires_at > now // 1000)
        try:
            row.update(actions=actions, condition=alive)
        except UpdateError as error:
            if condition_failed(error):
                return None
            raise
        return _sighting(row)


def _update(topic: Pattern, username: Username, sighting: Sighting, actions: list[Action]) -> bool:
    """Whether it had not changed."""
    unchanged = SightingRow.version == sighting.version
    try:
        SightingRow(topic, username).update(actions=actions, condition=unchanged)
    except UpdateError as error:
        if condition_failed(error):
            return False
        raise
    return True


def _sighting(row: SightingRow) -> Sighting:
    return Sighting(row.version, row.told)


def _is_alive(row: SightingRow, now: int) -> bool:
    return row.expires_at * 1000 > now
