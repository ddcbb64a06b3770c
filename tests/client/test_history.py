from client.gaps import Position
from client.history import History


def test_a_page_of_a_history() -> None:
    entries = [{"id": "n1", "stream": "a", "epoch": "e", "seq": 1}]
    page = History.read(
        {"topic": "a", "epoch": "e", "entries": entries, "seq": 1, "has_more": True}
    )

    assert [entry.id for entry in page.entries] == ["n1"]
    assert (page.topic, page.position, page.has_more) == ("a", Position("e", 1), True)


def test_a_topic_in_which_nothing_was_stored() -> None:
    page = History.read({"topic": "a", "epoch": None, "entries": [], "seq": 0, "has_more": False})

    assert page.position is None
