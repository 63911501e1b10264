"""Tables that fit: where the width does not do, columns are cut to their minimum, then left out, the least important first."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.text import Text

GAP = 2
Cell = str | tuple[str, str] | Text
Row = Sequence[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`keep`: the higher, the longer it stays; `least`: it may be cut to this many cells (0: it may not be cut).

    `tail`: what is cut off is the beginning, as the end of a path says more.
    """

    title: str
    keep: int
    right: bool = False
    least: int = 0
    tail: bool = False


def layout(columns: Sequence[Column], rows: Sequence[Sequence[Text]], width: int, mark: str) -> list[Text]:
    """The title line and one line per row, none wider than `width`. Columns without any content are left out."""
    natural = [max((cell_len(row[place].plain) for row in rows), default=0) for place in range(len(columns))]
    wanted = {place: max(size, cell_len(columns[place].title)) for place, size in enumerate(natural) if size}
    widths = _fit(columns, wanted, width)
    titles = [Text(column.title, "dim") for column in columns]
    return [_line(columns, row, widths, mark) for row in (titles, *rows)]


def _fit(columns: Sequence[Column], wanted: dict[int, int], width: int) -> dict[int, int]:
    kept = dict(wanted)
    while len(kept) > 1 and _needed(columns, kept) > width:
        del kept[min(kept, key=lambda place: columns[place].keep)]
    spare = width - _needed(columns, kept)
    widths: dict[int, int] = {}
    for place in sorted(kept, key=lambda place: -columns[place].keep):
        least = _least(columns[place], kept[place])
        widths[place] = min(kept[place], least + max(0, spare))
        spare -= widths[place] - least
    return {place: min(widths[place], width) for place in kept}


def _needed(columns: Sequence[Column], kept: dict[int, int]) -> int:
    return sum(_least(columns[place], size) for place, size in kept.items()) + GAP * (len(kept) - 1)


def _least(column: Column, size: int) -> int:
    return min(size, column.least) if column.least else size


def _line(columns: Sequence[Column], row: Sequence[Text], widths: dict[int, int], mark: str) -> Text:
    line = Text()
    for place, width in widths.items():
        if line.plain:
            line.append(" " * GAP)
        cell = (crop_front if columns[place].tail else crop)(row[place].plain, width, mark)
        padding = width - cell_len(cell)
        line.append(" " * padding if columns[place].right else "")
        line.append(cell, row[place].style)
        line.append("" if columns[place].right else " " * padding)
    line.rstrip()
    return line


def crop(text: str, width: int, mark: str) -> str:
    """`text` in at most `width` cells, with a mark where something was cut off."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(0, width - 1)).rstrip() + mark


def crop_front(text: str, width: int, mark: str) -> str:
    """The end of `text` in at most `width` cells."""
    if cell_len(text) <= width:
        return text
    tail = text[-width:]
    while cell_len(tail) > max(0, width - 1):
        tail = tail[1:]
    return mark + tail.lstrip()
