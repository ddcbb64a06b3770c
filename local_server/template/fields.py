"""Reading one mapping of the template strictly: a key nobody reads is refused, not ignored."""

from collections.abc import Iterable
from typing import Any, NoReturn

from local_server.errors import Place, TemplateError
from local_server.template.document import Block


class Fields:
    """Typed access to a Block whose errors name the file, the line and the path."""

    def __init__(self, block: Block, path: str) -> None:
        self._block = block
        self.path = path

    def __contains__(self, key: str) -> bool:
        return self._block.get(key) is not None

    @property
    def whole(self) -> Block:
        return self._block

    def place(self, key: str) -> Place:
        return self._block.place(key, f"{self.path}.{key}" if self.path else key)

    def refuse(self, key: str, reason: str) -> NoReturn:
        raise TemplateError(self.place(key), reason)

    def only(self, known: Iterable[str], hints: dict[str, str] | None = None) -> None:
        for key in self._block.keys() - set(known):
            self.refuse(key, (hints or {}).get(key, "local_server does not emulate this"))

    def keys(self) -> list[str]:
        return list(self._block)

    def raw(self, key: str, default: Any = None) -> Any:
        value = self._block.get(key)
        return default if value is None else value

    def text(self, key: str, default: str | None = None) -> str:
        value = self.raw(key, default)
        if value is None:
            raise TemplateError(self._missing(key), f"{key} is missing")
        if not isinstance(value, str):
            self.refuse(key, f"text is expected, not {_kind(value)}")
        return value

    def number(self, key: str, default: float) -> float:
        value = self.raw(key, default)
        if isinstance(value, str) and value.isdigit():
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(key, f"a number is expected, not {_kind(value)}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self.raw(key, default)
        if not isinstance(value, bool):
            self.refuse(key, f"true or false is expected, not {_kind(value)}")
        return value

    def texts(self, key: str, default: Iterable[str] = ()) -> tuple[str, ...]:
        value = self.raw(key)
        if value is None:
            return tuple(default)
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.refuse(key, f"a list of texts is expected, not {_kind(value)}")
        return tuple(value)

    def items(self, key: str) -> list[Any]:
        value = self.raw(key, [])
        if not isinstance(value, list):
            self.refuse(key, f"a list is expected, not {_kind(value)}")
        return value

    def block(self, key: str) -> "Fields":
        """The mapping under `key`; an empty one if it is absent."""
        value = self.raw(key, self._block.like({}))
        if not isinstance(value, Block):
            self.refuse(key, f"a mapping is expected, not {_kind(value)}")
        return Fields(value, f"{self.path}.{key}" if self.path else key)

    def mapping(self, key: str) -> Block:
        return self.block(key).whole

    def _missing(self, key: str) -> Place:
        first = min(self._block.lines.values(), default=None)
        return Place(self._block.file, first, f"{self.path}.{key}" if self.path else key)


def _kind(value: Any) -> str:
    names = {dict: "a mapping", list: "a list", str: "text", bool: "true or false"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), repr(value))
