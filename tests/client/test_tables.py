import pytest

from client.tables import Column, Looks, cells_of, shorten, table

COLUMNS = (Column("name", flexible=True), Column("n", right=True), Column("title", flexible=True))
ROWS = (("alice", "7", "Loan #12 was approved"), ("bob", "1,200", "Hi"))


def test_columns_are_as_wide_as_what_is_in_them() -> None:
    assert table(COLUMNS, ROWS, Looks()).splitlines() == [
        "name       n  title",
        "alice      7  Loan #12 was approved",
        "bob    1,200  Hi",
    ]


def test_a_narrow_terminal_cuts_the_widest_column() -> None:
    lines = table(COLUMNS, ROWS, Looks(width=24)).splitlines()

    assert lines[1] == "alice      7  Loan #12…"
    assert max(map(cells_of, lines)) <= 24


def test_nothing_is_cut_to_nothing() -> None:
    assert table(COLUMNS, ROWS, Looks(width=3)).splitlines()[1] == "alice      7  Loan #1…"


def test_control_characters_are_taken_out() -> None:
    shown = table((Column("title"),), [["\x1b[2Jgone\r\n\x9b1m"]], Looks())

    assert all(line.isprintable() for line in shown.splitlines())
    assert len(shown.splitlines()) == 2


def test_titles_are_dim_on_a_terminal_alone() -> None:
    assert table(COLUMNS, ROWS, Looks(coloured=True)).startswith("\x1b[2mname\x1b[0m ")
    assert "\x1b" not in table(COLUMNS, ROWS, Looks())


@pytest.mark.parametrize(
    ("text", "cells"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("👍", 2), ("a\u200d", 1), ("", 0)]
)
def test_wide_characters_take_two_cells(text: str, cells: int) -> None:
    assert cells_of(text) == cells


def test_a_wide_character_is_not_cut_in_half() -> None:
    assert shorten("日本語テキスト", 6) == "日本…"
    assert shorten("short", 5) == "short"
