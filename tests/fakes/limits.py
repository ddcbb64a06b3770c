"""Counts that end, in memory."""


class FakeLimits:
    """`counts`: key to the count and its end. `added` says how many writes there were."""

    def __init__(self) -> None:
        self.counts: dict[str, tuple[int, int]] = {}
        self.added = 0

    def add(self, key: str, amount: int, ends_at: int, now: int) -> int:
        used = self.read(key, now)[0] + amount
        self.counts[key] = (used, ends_at)
        self.added += 1
        return used

    def read(self, key: str, now: int) -> tuple[int, int]:
        used, ends_at = self.counts.get(key, (0, 0))
        return (used, ends_at) if ends_at > now else (0, 0)

    def clear(self, key: str) -> None:
        self.counts.pop(key, None)
