import pytest

from client.fields import mapping, mappings, number, text, texts


def test_fields_are_read_as_what_they_are() -> None:
    body = {"t": "x", "n": 7, "l": ["a", 1, {"k": 1}], "m": {"k": "v"}}

    assert (text(body, "t"), number(body, "n"), texts(body, "l")) == ("x", 7, ("a",))
    assert (mapping(body, "m"), mappings(body, "l")) == ({"k": "v"}, ({"k": 1},))


@pytest.mark.parametrize("value", [None, True, 1.5, [], {}])
def test_what_is_ill_typed_counts_as_missing(value: object) -> None:
    assert (text({"f": value}, "f"), number({"f": value}, "f")) == ("", None)
    assert mapping({"f": 7}, "f") == {}
    assert texts({}, "f") == ()
