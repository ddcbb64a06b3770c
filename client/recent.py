"""Which notifications were seen lately: delivery is at least once, so some come twice."""

from collections import OrderedDict

from .frames import NotificationId


class RecentIds:
    """The last `limit` ids, and no more memory than that."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._ids: OrderedDict[NotificationId, None] = OrderedDict()

    def add(self, id_: NotificationId) -> bool:
        """Whether the id is new."""
        known = id_ in self._ids
        self._ids[id_] = None
        self._ids.move_to_end(id_)
        if len(self._ids) > self._limit:
            self._ids.popitem(last=False)
        return not known
