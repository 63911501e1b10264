"""What a container is: how lines were wrapped on their way into the file, and how to get the text back out."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum

from analyzer.lines import MAX_LINE_BYTES, Piece, strip_controls

# The zone that stamps without one are in; None: not known, the wall clock is read as if it were UTC.
Zone = tzinfo | None

# How many bytes of a file's start decide on its container.
HEAD_BYTES = 64 * 1024
# A JSON record longer than this is given up: memory stays bounded whatever the input.
MAX_RECORD_BYTES = 8 * MAX_LINE_BYTES

# Windows ends lines with CR LF, Windows through a terminal with CR CR LF.
_LINE_ENDS = re.compile(rb"\r+\n")


class Stamps(StrEnum):
    """Whether a container stamps its text, and whether the stamps say their zone."""

    NONE = "none"
    NAIVE = "naive"
    AWARE = "aware"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The start of a file: its lines that are not blank, without control codes and line ends."""

    lines: tuple[bytes, ...]
    escapes: bool  # terminal escape sequences were in it

    @classmethod
    def of(cls, data: bytes) -> "Head":
        """The head of a file that starts with `data`; a last line that may be cut off is left out."""
        head = data[:HEAD_BYTES]
        if len(data) > HEAD_BYTES:
            head = head[: head.rfind(b"\n") + 1] or head
        lines = strip_controls(head).split(b"\n")
        return cls(lines=tuple(line.rstrip(b"\r") for line in lines if line.strip()), escapes=b"\x1b[" in head)

    def share(self, pattern: re.Pattern[bytes]) -> float:
        """The share of lines that start with `pattern`."""
        return sum(map(bool, map(pattern.match, self.lines))) / len(self.lines) if self.lines else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One way in which log lines are wrapped.

    `matches` gives the share of the head's lines in this form; from `threshold` on the file is taken for it. The
    threshold is low where lines without the prefix belong to the form (continuation lines, another program's output).
    `late_bars`: the frames of a progress bar share one stamp, that of the bar's end. `every_frame`: although stamped, it holds
    all that the server wrote, bars included. `yearless`: stamps without a year, whose zone would depend on it and is not applied.
    `from_any_line`: it can be unwrapped from any line on, if it has stamps from any stamped one, as if it began there.
    """

    name: str
    stamps: Stamps
    example: str
    meaning: str
    matches: Callable[[Head], float]
    unwrap: Callable[[Iterable[bytes], Zone], Iterator[Piece]]
    threshold: float = 0.6
    late_bars: bool = False
    every_frame: bool = False
    yearless: bool = False
    from_any_line: bool = False

    @property
    def expects_bars(self) -> bool:
        """Whether bars that are missing are missing from the capture: stamped files of log records never show any."""
        return self.stamps is Stamps.NONE or self.every_frame

    def timezone(self, zone: Zone) -> str | None:
        """The zone of the instants that `unwrap` gives, when told `zone`; None: they are wall clocks."""
        if self.stamps is Stamps.AWARE:
            return "UTC"
        return str(zone) if zone and self.stamps is Stamps.NAIVE and not self.yearless else None


def unified_ends(text: bytes) -> bytes:
    """`text` with LF for every line end: the CR of a CR LF is no progress frame."""
    return _LINE_ENDS.sub(b"\n", text) if b"\r\n" in text else text


def clean_lines(block: bytes) -> list[bytes]:
    """The lines of a block without control codes and line ends; the last is what stands behind the last LF."""
    lines = unified_ends(strip_controls(block)).split(b"\n")
    lines[-1] = lines[-1].rstrip(b"\r")
    return lines


def numbered_lines(blocks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Lines with their number; the parts of an over-long line, which come in separate blocks, share theirs."""
    number = 1
    for block in blocks:
        lines = block.split(b"\n")
        rest = lines.pop()
        yield from enumerate(lines, number)
        number += len(lines)
        if rest:
            yield number, rest


def whole_lines(blocks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Lines with their number, the parts of an over-long one joined again up to `MAX_RECORD_BYTES` (the rest is lost)."""
    open_number, parts, size = 0, list[bytes](), 0
    for number, line in numbered_lines(blocks):
        if number != open_number:
            if parts:
                yield open_number, b"".join(parts)
            open_number, parts, size = number, [], 0
        size += len(line)
        if size <= MAX_RECORD_BYTES:
            parts.append(line)
    if parts:
        yield open_number, b"".join(parts)


def message_pieces(number: int, at: float | None, message: bytes) -> Iterator[Piece]:
    """The lines of one record's message; one line end at its end is the record's own."""
    text = strip_controls(message)
    for line in text.removesuffix(b"\n").split(b"\n"):
        yield Piece(number, at, line.rstrip(b"\r"))
