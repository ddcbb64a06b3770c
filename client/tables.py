"""Tables that are as wide as the terminal, and no wider."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from .display import DIM, paint, printable
from .terminal import Terminal

GAP = "  "
# A column that is cut shorter than that says nothing.
NARROWEST = 8


@dataclass(frozen=True, slots=True)
class Column:
    """`flexible`: it is cut where the table is too wide. `right`: for numbers. `optional`: it is
    left out before any other is cut."""

    title: str
    right: bool = False
    flexible: bool = False
    optional: bool = False
    style: str | None = None


@dataclass(frozen=True, slots=True)
class Looks:
    """Of the place where it is shown. `width` in cells; None is as wide as it takes."""

    width: int | None = None
    coloured: bool = False


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], looks: Looks) -> str:
    """A line of titles, and a line a row. Control characters are taken out."""
    cells = [[printable(cell) for cell in row] for row in rows]
    if looks.width is not None and sum(_natural(columns, cells)) > _room(columns, looks.width):
        kept = [index for index, column in enumerate(columns) if not column.optional]
        columns = [columns[index] for index in kept]
        cells = [[row[index] for index in kept] for row in cells]
    widths = _widths(columns, cells, looks.width)
    head = _line(columns, [column.title for column in columns], widths, DIM, looks)
    return "\n".join([head, *(_line(columns, row, widths, None, looks) for row in cells)])


def _widths(
    columns: Sequence[Column], cells: Sequence[Sequence[str]], width: int | None
) -> list[int]:
    widths = _natural(columns, cells)
    over = 0 if width is None else sum(widths) - _room(columns, width)
    # The widest gives first, so that no column is cut while another one sprawls.
    flexible = [index for index, column in enumerate(columns) if column.flexible]
    while over > 0 and flexible:
        widest = max(flexible, key=lambda index: widths[index])
        if widths[widest] <= NARROWEST:
            break
        widths[widest] -= 1
        over -= 1
    return widths


def _natural(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> list[int]:
    """How wide each column would be if there were room for all."""
    return [
        max([cells_of(column.title), *(cells_of(row[index]) for row in cells)])
        for index, column in enumerate(columns)
    ]


def _room(columns: Sequence[Column], width: int) -> int:
    """For cells; the rest lies between them."""
    return width - len(GAP) * (len(columns) - 1)


def _line(
    columns: Sequence[Column],
    row: Sequence[str],
    widths: Sequence[int],
    style: str | None,
    looks: Looks,
) -> str:
    parts = []
    for column, cell, width in zip(columns, row, widths, strict=True):
        cut = shorten(cell, width)
        space = " " * (width - cells_of(cut))
        painted = paint(cut, style or column.style, coloured=looks.coloured)
        parts.append(space + painted if column.right else painted + space)
    return GAP.join(parts).rstrip()


def shorten(text: str, width: int) -> str:
    """Cut to so many cells, with `…` for what is missing."""
    if cells_of(text) <= width:
        return text
    kept = ""
    for character in text:
        if cells_of(kept + character) > width - 1:
            break
        kept += character
    return kept.rstrip() + "…"


def cells_of(text: str) -> int:
    """How many cells of a terminal the text takes: East Asian characters take two."""
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def looks_of(terminal: Terminal) -> Looks:
    return Looks(terminal.width, terminal.coloured)
