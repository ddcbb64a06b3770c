"""Requests under an Idempotency-Key, in memory."""

from msgspec.structs import replace

from notify.ports import Attempt, KeptAnswer


class FakeAttempts:
    def __init__(self) -> None:
        self.by_key: dict[str, Attempt] = {}
        self.expires_at: dict[str, int] = {}

    def begin(self, key: str, attempt: Attempt, expires_at: int) -> Attempt:
        if key not in self.by_key or self.expires_at[key] <= attempt.begun_at:
            self.by_key[key], self.expires_at[key] = attempt, expires_at
        return self.by_key[key]

    def lease(self, key: str, seen: Attempt, until: int) -> bool:
        return self._write(key, seen, replace(seen, lease_until=until))

    def finish(self, key: str, attempt: Attempt, answer: KeptAnswer) -> bool:
        return self._write(key, attempt, replace(attempt, answer=answer))

    def drop(self, key: str, attempt: Attempt) -> bool:
        return self._write(key, attempt, None)

    def _write(self, key: str, seen: Attempt, to: Attempt | None) -> bool:
        if self.by_key.get(key) != seen:
            return False
        if to is None:
            del self.by_key[key]
        else:
            self.by_key[key] = to
        return True
