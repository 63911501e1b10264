"""ComfyUI's log buffer as text (`GET /internal/logs`, "Copy report", bug reports): `{time} - {write}`, nothing between.

Stamps stand anywhere in a line. In a pasted report the CR in front of a frame has become a line break, so the frame
stands at the start of the next line: as everything up to the next stamp is one write, it still gets its own stamp.
"""

import re
from collections.abc import Iterable, Iterator

from analyzer.containers.base import Container, Head, Stamps, Zone, unified_ends
from analyzer.containers.clocks import Clock
from analyzer.containers.writes import WriteJoiner
from analyzer.lines import Piece, new_piece, strip_controls

# Python's isoformat leaves the microseconds out when they are zero; editors trim the space behind an empty write.
# The literal start of the century makes the search five times as fast.
_STAMP = re.compile(rb"(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})? -(?=[ \r\n]|$))")
_LINE = re.compile(rb".*?" + _STAMP.pattern)


def unwrap(blocks: Iterable[bytes], zone: Zone) -> Iterator[Piece]:
    """One piece per write that has content; see `WriteJoiner`."""
    clock, joiner, at = Clock(zone).at, WriteJoiner(), None
    for block in blocks:
        before, *parts = _STAMP.split(unified_ends(strip_controls(block)))
        if before:
            yield from joiner.feed(at, before)
        idle, number = joiner.idle, joiner.number
        for stamp, text in zip(parts[::2], parts[1::2], strict=True):
            at = clock(stamp[:16], stamp[17:-2])
            if idle and text and text.find(b"\n") == len(text) - 1 and b"\r" not in text:
                yield new_piece((number, at, text[1:-1]))  # one whole line, as nearly all are
                number += 1
            else:
                joiner.number = number
                yield from joiner.feed(at, text[1:] if text[:1] == b" " else text)
                idle, number = joiner.idle, joiner.number
        joiner.number = number
    yield from joiner.close()


def _matches(head: Head) -> float:
    return head.share(_LINE)


BUG_REPORT = Container(
    name="bug-report",
    stamps=Stamps.NAIVE,
    example="2026-05-17T20:10:39.761260 - Prompt executed in 111.18 seconds",
    meaning="ComfyUI's own log buffer, as its bug reports and `GET /internal/logs` show it",
    matches=_matches,
    unwrap=unwrap,
    from_any_line=True,
    threshold=0.25,
)
