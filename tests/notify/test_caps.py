import pytest

from notify.caps import parse_caps
from notify.errors import Invalid
from notify.model import Action


def test_each_pattern_has_its_actions() -> None:
    caps = parse_caps({"orders:*": ["subscribe", "publish"], "*": []})
    assert caps == {"orders:*": {Action.SUBSCRIBE, Action.PUBLISH}, "*": frozenset()}


@pytest.mark.parametrize("claim", [None, 5, "x", [], [1]])
def test_caps_are_an_object(claim: object) -> None:
    with pytest.raises(Invalid, match=r"^caps: "):
        parse_caps(claim)


@pytest.mark.parametrize("may", [None, "publish", ["fly"], [["publish"]]])
def test_actions_are_a_list_of_those_there_are(may: object) -> None:
    with pytest.raises(Invalid, match=r"^caps: "):
        parse_caps({"orders:*": may})
