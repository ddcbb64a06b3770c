"""Who is announced in which topic, in memory."""

from collections.abc import Mapping

from notify.model import Pattern, Username
from notify.ports import Sighting


class FakeSightings:
    """`made` holds each sighting with the time after which it is none."""

    def __init__(self) -> None:
        self.made: dict[tuple[Pattern, Username], tuple[Sighting, int]] = {}
        self._versions = 0

    def get(self, topic: Pattern, username: Username, now: int) -> Sighting | None:
        sighting, expires_at = self.made.get((topic, username), (None, 0))
        return sighting if expires_at > now else None

    def of_topic(self, topic: Pattern, limit: int, now: int) -> Mapping[Username, Sighting]:
        names = sorted(username for where, username in self.made if where == topic)
        found = {username: self.get(topic, username, now) for username in names[:limit]}
        return {username: each for username, each in found.items() if each is not None}

    def announce(self, topic: Pattern, username: Username, now: int, expires_at: int) -> Sighting:
        old = self.get(topic, username, now)
        sighting = self._new(told=old is not None and old.told)
        self.made[topic, username] = sighting, expires_at
        return sighting

    def confirm(self, topic: Pattern, username: Username, sighting: Sighting) -> None:
        self._replace(topic, username, sighting, Sighting(sighting.version, True))

    def withdraw(self, topic: Pattern, username: Username, sighting: Sighting) -> Sighting | None:
        withdrawn = self._new(told=False)
        return withdrawn if self._replace(topic, username, sighting, withdrawn) else None

    def remove(self, topic: Pattern, username: Username, sighting: Sighting) -> None:
        if self._is_unchanged(topic, username, sighting):
            del self.made[topic, username]

    def _new(self, *, told: bool) -> Sighting:
        self._versions += 1
        return Sighting(f"v{self._versions}", told)

    def _is_unchanged(self, topic: Pattern, username: Username, sighting: Sighting) -> bool:
        current, _ = self.made.get((topic, username), (None, 0))
        return current is not None and current.version == sighting.version

    def _replace(self, topic: Pattern, username: Username, old: Sighting, new: Sighting) -> bool:
        if not self._is_unchanged(topic, username, old):
            return False
        self.made[topic, username] = new, self.made[topic, username][1]
        return True
