import re
from pathlib import Path

from notify.reasons import TEXTS, Reason

PROTOCOL = Path(__file__).parent.parent.parent / "docs/protocol.md"


def test_every_reason_has_a_text() -> None:
    assert set(TEXTS) == set(Reason)


def test_the_reasons_are_those_of_the_protocol() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PROTOCOL.read_text(), re.MULTILINE)
    assert {row for row in rows if row in set(Reason)} == set(Reason)
