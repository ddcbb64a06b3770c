"""Values as DynamoDB's JSON has them: `{"S": "text"}`, `{"N": "1"}`, `{"SS": ["a", "b"]}`."""

import json
from typing import Any

# A type's letters, and the value.
Value = dict[str, Any]


def write_number(number: float) -> str:
    return json.dumps(number)


def read_number(text: str) -> float:
    """An int where it is one."""
    try:
        return int(text)
    except ValueError:
        return float(text)


def write_value(value: object) -> Value:
    """By its own type, for what has no attribute to say which."""
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float):
        return {"N": write_number(value)}
    if isinstance(value, str):
        return {"S": value}
    raise TypeError(f"no value of DynamoDB's that we know: {type(value).__name__}")


def read_value(written: Value) -> Any:
    """What `write_value` has written."""
    ((kind, value),) = written.items()
    if kind == "NULL":
        return None
    return read_number(value) if kind == "N" else value
