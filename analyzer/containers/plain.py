"""No container: what the server wrote, through a pipe or a terminal."""

from collections.abc import Iterable, Iterator
from itertools import count, repeat

from analyzer.containers.base import Container, Head, Stamps, Zone, clean_lines
from analyzer.lines import Piece, new_piece


def unwrap(blocks: Iterable[bytes], zone: Zone = None) -> Iterator[Piece]:
    """One piece per line; nothing is stamped. All work per line is done in C: big captures come this way."""
    number, in_line = 1, False
    for block in blocks:
        *lines, rest = clean_lines(block)
        start = int(in_line and bool(lines) and not lines[0])  # 1: only the end of an over-long line was left
        yield from map(new_piece, zip(count(number + start), repeat(None), lines[start:]))
        number += len(lines)
        in_line = bool(rest) or (in_line and not lines)
        if rest:
            yield Piece(number, None, rest)


def _anything(head: Head) -> float:
    return 1.0


def _escapes(head: Head) -> float:
    return float(head.escapes)


TERMINAL = Container(
    name="terminal",
    stamps=Stamps.NONE,
    example="\x1b[32m[INFO]\x1b[0m got prompt",
    meaning="raw text with terminal escape codes: a terminal capture, or a program that colours its output in a pipe too",
    matches=_escapes,
    unwrap=unwrap,
    from_any_line=True,
)
RAW = Container(
    name="raw",
    stamps=Stamps.NONE,
    example="got prompt",
    meaning="the server's own output as it was written, e.g. `python main.py > log 2>&1`",
    matches=_anything,
    unwrap=unwrap,
    from_any_line=True,
)
