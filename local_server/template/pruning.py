"""A document that refused parts are taken out of, by the paths that errors name."""

import re
from typing import Any

from local_server.template.document import Block

_INDEX = re.compile(r"\[(\d+)\]\.?")

Step = tuple[Block, str] | tuple[list[Any], int]


# Stands where something is needed and what stood there was refused, or nothing did.
STAND_IN = "left.out"


class Pruned:
    """`document` is changed in place."""

    def __init__(self, document: Block) -> None:
        self.document = document
        self._gone: dict[str, list[int]] = {}
        self._stood_in: set[str] = set()

    def take_out(self, path: str) -> bool:
        """What stands at `path`. If it is needed, a text takes its place; if that is no better,
        the mapping goes. False if that is the document itself.
        """
        steps, rest = max((_descend(root, path) for root in self._roots()), key=_depth)
        container = _at(steps, self.document)
        if rest and isinstance(container, Block):
            container[rest] = STAND_IN
            self._stood_in.add(self.original(path))
        elif self.original(path) not in self._stood_in:
            self._remove(steps, path)
        elif len(steps) > 1:
            self._remove(steps[:-1], path.removesuffix(str(steps[-1][1])).rstrip("."))
        else:
            return False
        return True

    def original(self, path: str) -> str:
        """`path` as it was before items of lists were taken out."""
        for list_path, gone in self._gone.items():
            if path.startswith(f"{list_path}[") and (match := _INDEX.match(path, len(list_path))):
                index = _original_index(int(match[1]), gone)
                path = f"{list_path}[{index}]{path[match.end(1) + 1 :]}"
        return path

    def _roots(self) -> list[Block]:
        """Paths of resources start anew in each of their sections."""
        resources = self.document.get("resources")
        sections = resources if isinstance(resources, list) else [resources]
        return [self.document, *(section for section in sections if isinstance(section, Block))]

    def _remove(self, steps: list[Step], path: str) -> None:
        container, key = steps[-1]
        if isinstance(container, Block):
            del container[str(key)]
            # A mapping that has become empty is no item of its list any more.
            if not container and len(steps) > 1 and isinstance(steps[-2][0], list):
                self._remove(steps[:-1], path.removesuffix(str(key)).rstrip("."))
            return
        del container[int(key)]
        gone = self._gone.setdefault(path.rpartition("[")[0], [])
        gone.append(_original_index(int(key), gone))


def _original_index(index: int, gone: list[int]) -> int:
    for earlier in sorted(gone):
        index += earlier <= index
    return index


def _at(steps: list[Step], root: Block) -> Any:
    if not steps:
        return root
    container, key = steps[-1]
    return container[str(key)] if isinstance(container, Block) else container[int(key)]


def _depth(descent: tuple[list[Step], str]) -> int:
    return len(descent[0])


def _descend(value: Any, path: str) -> tuple[list[Step], str]:
    """The steps that exist, and the part of the path that does not."""
    steps: list[Step] = []
    while path:
        if isinstance(value, Block) and (key := _key_of(value, path)):
            steps.append((value, key))
            value, path = value[key], path[len(key) :].removeprefix(".")
        elif (
            isinstance(value, list) and (match := _INDEX.match(path)) and int(match[1]) < len(value)
        ):
            steps.append((value, int(match[1])))
            value, path = value[int(match[1])], path[match.end() :]
        else:
            break
    return steps, path


def _key_of(block: Block, path: str) -> str | None:
    """Keys may have dots in them; the longest is meant."""
    found = [key for key in block if path == key or path.startswith((f"{key}.", f"{key}["))]
    return max(found, key=len, default=None)
