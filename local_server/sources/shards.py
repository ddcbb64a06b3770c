"""The shards of a stream, and which of them may be read: a child after its parent. No I/O."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Shard:
    id: str
    parent: str | None
    closed: bool


def shards_of(description: Mapping[str, Any]) -> list[Shard]:
    """Of one page of a DescribeStream answer."""
    return [
        Shard(
            id=shard["ShardId"],
            parent=shard.get("ParentShardId"),
            closed="EndingSequenceNumber" in shard.get("SequenceNumberRange", {}),
        )
        for shard in description["Shards"]
    ]


def ready(shards: Iterable[Shard], begun: Set[str], ended: Set[str]) -> list[Shard]:
    """Those to begin now. A parent that is gone was read long ago, or never will be."""
    known = {shard.id: shard for shard in shards}
    return [
        shard
        for shard in known.values()
        if shard.id not in begun and (shard.parent not in known or shard.parent in ended)
    ]
