"""The engine of all containers that put one stamp in front of a line; the forms themselves stand in `line_forms`."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from analyzer.containers.base import Container, Head, Stamps, Zone, clean_lines
from analyzer.containers.clocks import Clock, YearlessClock
from analyzer.lines import Piece, new_piece

_Reader = Callable[[re.Match[bytes]], float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineForm:
    """A prefix: its pattern, how its groups are read as a time, and what a line without it is.

    `continues`: such a line belongs to the record before it and shares its stamp; else its time is not known.
    """

    pattern: re.Pattern[bytes]
    clock: Callable[[Zone], _Reader]
    continues: bool = False


def no_stamp(zone: Zone) -> _Reader:
    return lambda found: None


def naive_stamp(zone: Zone) -> _Reader:
    """Groups: date to the minute, seconds."""
    at = Clock(zone).at
    return lambda found: at(found[1], found[2])


def aware_stamp(zone: Zone) -> _Reader:
    """Groups: date to the minute, seconds, offset."""
    at = Clock(zone).at
    return lambda found: at(found[1], found[2], found[3])


def yearless_stamp(zone: Zone) -> _Reader:
    """Groups: month and day, hours, minutes, seconds."""
    at = YearlessClock().at
    return lambda found: at(found[1], found[2], found[3], found[4])


def unwrap(form: LineForm, blocks: Iterable[bytes], zone: Zone) -> Iterator[Piece]:
    """One piece per line. The later parts of an over-long line share the stamp of its first."""
    match, read, continues = form.pattern.match, form.clock(zone), form.continues
    number, at, in_line = 1, None, False
    for block in blocks:
        *lines, rest = clean_lines(block)
        for line in lines:
            if found := match(line):
                at, line = read(found), line[found.end() :]
            elif not (continues or in_line):
                at = None
            in_line = False
            yield new_piece((number, at, line))
            number += 1
        if rest:
            found = match(rest)
            at = read(found) if found else at if continues or in_line else None
            in_line = True
            yield Piece(number, at, rest[found.end() :] if found else rest)


def container(
    name: str,
    form: LineForm,
    *,
    stamps: Stamps,
    example: str,
    meaning: str,
    threshold: float = 0.6,
    late_bars: bool = False,
) -> Container:
    """The container of a line form."""
    return Container(
        name=name,
        stamps=stamps,
        example=example,
        meaning=meaning,
        matches=partial(Head.share, pattern=form.pattern),
        unwrap=partial(unwrap, form),
        threshold=threshold,
        late_bars=late_bars,
        yearless=form.clock is yearless_stamp,
        from_any_line=form.clock is not yearless_stamp,
    )
