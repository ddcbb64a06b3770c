"""A row's attributes, named as PynamoDB names them.

Of a class one is a term of expressions (`LimitRow.used.add(1)`), of a row it is its value.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from infra.rows.expressions import Path
from infra.rows.values import Value, read_number, read_value, write_number, write_value

T = TypeVar("T")


class Attribute(Path, Generic[T]):
    """`null`: it may be missing. `default`: what it is where it is missing, or what makes that."""

    attr_type: ClassVar[str]
    null = False

    def __init__(
        self,
        hash_key: bool = False,
        range_key: bool = False,
        null: bool | None = None,
        default: Any = None,
    ) -> None:
        super().__init__()
        self.is_hash_key = hash_key
        self.is_range_key = range_key
        self.null = self.null if null is None else null
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self.names = (name,)

    def __get__(self, row: Any, owner: type) -> Any:
        return self if row is None else row.attribute_values.get(self.attr_name)

    def __set__(self, row: Any, value: Any) -> None:
        row.attribute_values[self.attr_name] = value

    @property
    def attr_name(self) -> str:
        return self.names[0]

    def default(self) -> Any:
        return self._default() if callable(self._default) else self._default

    def encode(self, value: Any) -> Value:
        return write_value(None) if value is None else {self.attr_type: self.serialize(value)}

    def serialize(self, value: Any) -> Any:
        """None where DynamoDB has no way to write it."""
        return value

    def deserialize(self, value: Any) -> Any:
        return value


class UnicodeAttribute(Attribute[str]):
    """A text."""

    attr_type = "S"


class NumberAttribute(Attribute[float]):
    """A number; one with a fraction becomes a float."""

    attr_type = "N"

    def serialize(self, value: float) -> str:
        return write_number(value)

    def deserialize(self, value: str) -> float:
        return read_number(value)


class BooleanAttribute(Attribute[bool]):
    """True or false."""

    attr_type = "BOOL"

    def serialize(self, value: object) -> bool:
        return bool(value)


class UnicodeSetAttribute(Attribute[set[str]]):
    """Texts. An empty set is as good as none."""

    attr_type = "SS"
    null = True

    def serialize(self, value: Iterable[str]) -> list[str] | None:
        return list(value) or None

    def deserialize(self, value: list[str]) -> set[str]:
        return set(value)


class NumberSetAttribute(Attribute[set[float]]):
    """Numbers. An empty set is as good as none."""

    attr_type = "NS"
    null = True

    def serialize(self, value: Iterable[float]) -> list[str] | None:
        return [write_number(number) for number in value] or None

    def deserialize(self, value: list[str]) -> set[float]:
        return {read_number(text) for text in value}


class MapAttribute(Attribute[Mapping[str, Any]]):
    """Texts, numbers and booleans by name."""

    attr_type = "M"

    def __set__(self, row: Any, value: Mapping[str, Any] | None) -> None:
        super().__set__(row, None if value is None else Entries(value))

    def serialize(self, value: Mapping[str, Any]) -> dict[str, Value]:
        return {name: write_value(entry) for name, entry in value.items()}

    def deserialize(self, value: Mapping[str, Value]) -> dict[str, Any]:
        return {name: read_value(entry) for name, entry in value.items()}


class Entries(dict[str, Any]):
    """What a row's map holds."""

    def as_dict(self) -> dict[str, Any]:
        return dict(self)
