"""DynamoDB's expressions: `LimitRow.used < 3` writes `#0 < :0` and keeps what `#0` and `:0` are.

docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
"""

from collections.abc import Iterable
from typing import Any, NoReturn

from infra.rows.values import Value, write_value

CLAUSES = ("SET", "REMOVE", "ADD", "DELETE")


class Placeholders:
    """Of one request: whatever it names or compares with is named `#0`, `:0`, … in expressions, for
    many a name is a reserved word."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, Value] = {}

    def name(self, name: str) -> str:
        return self._names.setdefault(name, f"#{len(self._names)}")

    def value(self, value: Value) -> str:
        placeholder = f":{len(self._values)}"
        self._values[placeholder] = value
        return placeholder

    def parameters(self) -> dict[str, Any]:
        """What the request says of them. DynamoDB takes no empty lists."""
        written: dict[str, Any] = {}
        if self._names:
            names = {placeholder: name for name, placeholder in self._names.items()}
            written["ExpressionAttributeNames"] = names
        if self._values:
            written["ExpressionAttributeValues"] = self._values
        return written


class Term:
    """A part of an expression: a text with gaps, and the terms to fill them in."""

    def __init__(self, text: str, *terms: "Term") -> None:
        self._text = text
        self._terms = terms

    def write(self, placeholders: Placeholders) -> str:
        return self._text.format(*(term.write(placeholders) for term in self._terms))


class Literal(Term):
    """A value."""

    def __init__(self, value: Value) -> None:
        self.value = value

    def write(self, placeholders: Placeholders) -> str:
        return placeholders.value(self.value)


class Condition(Term):
    """What an item has to fulfil. They are joined with `&` and `|`."""

    def __and__(self, other: "Condition") -> "Condition":
        return Condition("({0} AND {1})", self, other)

    def __or__(self, other: "Condition") -> "Condition":
        return Condition("({0} OR {1})", self, other)

    def __bool__(self) -> NoReturn:
        raise TypeError("a condition is DynamoDB's to decide")


class Action(Term):
    """What an update does to one attribute."""

    def __init__(self, clause: str, text: str, *terms: Term) -> None:
        super().__init__(text, *terms)
        self.clause = clause


class Comparable(Term):
    """What can be compared, with a value or with another term."""

    def encode(self, value: Any) -> Value:
        """A value as one of its own type."""
        return write_value(value)

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]
        return Condition("{0} = {1}", self, self._term(other))

    def __lt__(self, other: object) -> Condition:
        return Condition("{0} < {1}", self, self._term(other))

    def __le__(self, other: object) -> Condition:
        return Condition("{0} <= {1}", self, self._term(other))

    def __gt__(self, other: object) -> Condition:
        return Condition("{0} > {1}", self, self._term(other))

    def __ge__(self, other: object) -> Condition:
        return Condition("{0} >= {1}", self, self._term(other))

    def between(self, lower: object, upper: object) -> Condition:
        return Condition("{0} BETWEEN {1} AND {2}", self, self._term(lower), self._term(upper))

    def _term(self, value: object) -> Term:
        return value if isinstance(value, Term) else Literal(self.encode(value))


class Path(Comparable):
    """An attribute, or an entry of one that is a map."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def write(self, placeholders: Placeholders) -> str:
        return ".".join(map(placeholders.name, self.names))

    def __getitem__(self, name: str) -> "Path":
        return Path(*self.names, name)

    def exists(self) -> Condition:
        return Condition("attribute_exists ({0})", self)

    def does_not_exist(self) -> Condition:
        return Condition("attribute_not_exists ({0})", self)

    def startswith(self, prefix: str) -> Condition:
        return Condition("begins_with ({0}, {1})", self, self._term(prefix))

    def __or__(self, other: object) -> Term:
        """What is there, or else a value."""
        return Term("if_not_exists ({0}, {1})", self, self._term(other))

    def set(self, value: object) -> Action:
        term = self._term(value)
        if isinstance(term, Literal) and None in term.value.values():
            return self.remove()  # DynamoDB knows no empty set
        return Action("SET", "{0} = {1}", self, term)

    def remove(self) -> Action:
        return Action("REMOVE", "{0}", self)

    def add(self, value: object) -> Action:
        return Action("ADD", "{0} {1}", self, self._term(value))

    def delete(self, value: object) -> Action:
        return Action("DELETE", "{0} {1}", self, self._term(value))


def size(path: Path) -> Comparable:
    """How many entries or elements it has."""
    return Comparable("size ({0})", path)


def update_expression(actions: Iterable[Action], placeholders: Placeholders) -> str:
    """Each clause once, with all actions of its kind."""
    actions = list(actions)
    clauses = []
    for clause in CLAUSES:
        written = [action.write(placeholders) for action in actions if action.clause == clause]
        if written:
            clauses.append(f"{clause} {', '.join(written)}")
    return " ".join(clauses)
