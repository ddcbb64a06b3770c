"""What words of the command line may mean: numbers, objects."""

import argparse
import json

# No service takes so much; far beyond it Python fails to write what it could read.
MAX_DEPTH = 100


def json_object(text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
        # Python reads more than may be sent: NaN, 1e400, half of a surrogate pair.
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from None
    except RecursionError:
        raise argparse.ArgumentTypeError("nested too deep") from None
    if _is_deeper(value, MAX_DEPTH):
        raise argparse.ArgumentTypeError("nested too deep")
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError('not a JSON object such as {"loan_id": 12}')
    return value


def _is_deeper(value: object, levels: int) -> bool:
    """Whether it holds lists and objects in each other, more than so many."""
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(each, levels - 1) for each in inner)


def positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"not a number above 0: {text}")
    return number


def positive_int(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"not a whole number above 0: {text}")
    return int(text)


def whole(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"not a whole number: {text}")
    return int(text)


def names(text: str) -> list[str]:
    """`alice,bob`"""
    found = [name.strip() for name in text.split(",") if name.strip()]
    if not found:
        raise argparse.ArgumentTypeError("no name")
    return found
