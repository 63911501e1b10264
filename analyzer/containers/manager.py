"""ComfyUI-Manager's `comfyui.log`: `[YYYY-MM-DD HH:MM:SS.mmm] text`, in 2024 without the seconds.

Manager puts the prefix where the last character written through the same stream was a line end. stdout and stderr
are two streams, so a prefix may stand in mid-line behind a frame or another text, twice, or be missing: the
first text of each stream, the further lines of one message, text behind a line that the other stream ended. What has no
prefix has no time: it was written somewhere between its neighbours.
"""

import re
from collections.abc import Iterable, Iterator
from functools import partial

from analyzer.containers.base import Container, Head, Stamps, Zone, numbered_lines
from analyzer.containers.clocks import Clock
from analyzer.lines import Piece, new_piece, strip_controls

_STAMP = rb"\[(\d{4}-\d\d-\d\d \d\d:\d\d)(?::(\d\d\.\d{3}))?\]"
_PREFIX = re.compile(_STAMP + rb"(?: |(?=\r*$))")
# Where Manager cannot format the time it writes `time.time()`.
_EPOCH = re.compile(rb"\[(\d{10}(?:\.\d+)?)\] ")
# Some C++ libraries (spdlog) and the desktop app write the same stamp with a level behind it.
_IN_HEAD = re.compile(_STAMP + rb"(?! \[(?:trace|debug|info|warn|warning|error|critical|verbose|silly)\])(?: |\r?$)")


def unwrap(blocks: Iterable[bytes], zone: Zone) -> Iterator[Piece]:
    """One piece per stamped part of a line."""
    clock, at, before = Clock(zone), None, 0
    for number, line in numbered_lines(map(strip_controls, blocks)):
        found = _PREFIX.match(line)
        if found and line.find(b"[20", 1) < 0:
            at = clock.at(found[1], found[2])
            yield new_piece((number, at, line[found.end() :].rstrip(b"\r")))
        else:
            at = at if number == before else None  # a part of an over-long line has the stamp of the part before it
            parts = list(_parts(number, at, line, clock, zone))
            at = parts[-1].at
            yield from parts
        before = number


def _parts(number: int, at: float | None, line: bytes, clock: Clock, zone: Zone) -> Iterator[Piece]:
    if found := _EPOCH.match(line):
        at, line = _epoch(float(found[1]), clock, zone), line[found.end() :]
    text, *rest = _PREFIX.split(line.rstrip(b"\r"))
    texts = [(at, text)]
    stamped = iter(rest)
    texts += [(clock.at(minute, seconds), text) for minute, seconds, text in zip(stamped, stamped, stamped, strict=True)]
    said = [Piece(number, at, text.rstrip(b"\r")) for at, text in texts if text.strip()]
    yield from said or [Piece(number, texts[-1][0], b"")]


def _epoch(seconds: float, clock: Clock, zone: Zone) -> float | None:
    """The true time, unless the file's other stamps are local times of a zone that nobody named."""
    return None if clock.used and zone is None else seconds


MANAGER = Container(
    name="manager",
    stamps=Stamps.NAIVE,
    example="[2025-10-11 13:54:10.638] got prompt",
    meaning="ComfyUI-Manager's log file: of each progress bar only the last frames, local time",
    matches=partial(Head.share, pattern=_IN_HEAD),
    unwrap=unwrap,
    threshold=0.2,
    late_bars=True,
)
