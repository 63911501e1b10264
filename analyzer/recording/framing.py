"""Bytes as they arrive to segments: lines, frames and parts of lines, cut where a line ends and where a frame begins."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from analyzer.containers.recorded import CRLF, GOES_ON, LF, NO_RETURN, RETURN

_SEGMENT = re.compile(rb"(\r(?!\n))?([^\r\n]*)(\r?\n)?")
# Half a character or half a line end, whose other half comes with the next bytes.
_HALF = re.compile(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2}|\r)\Z")
_LONGEST_HALF = 3


class Segment(NamedTuple):
    """`text` as it was written, without the carriage return in front of it and the line end (b"": the line goes on) behind."""

    text: bytes
    returned: bool = False
    end: bytes = b""

    @property
    def marks(self) -> bytes:
        """How the record says what is not in `text`."""
        end = {b"": GOES_ON, b"\n": LF}.get(self.end, CRLF)
        return (RETURN if self.returned else NO_RETURN) + end


class Framer:
    """One stream of bytes. Keeps nothing back but half a character or a carriage return that may begin a line end."""

    __slots__ = ("_half",)

    def __init__(self) -> None:
        self._half = b""

    def whole(self, data: bytes) -> bytes:
        """`data` behind what was kept back, without what is kept back now."""
        data = self._half + data
        found = _HALF.search(data, max(0, len(data) - _LONGEST_HALF))
        self._half = found[0] if found else b""
        return data[: found.start()] if found else data

    def rest(self) -> bytes:
        """What was kept back, at the end of the stream."""
        half, self._half = self._half, b""
        return half


def segments(data: bytes) -> Iterator[Segment]:
    """The segments that `data` consists of."""
    for found in _SEGMENT.finditer(data):
        if found[0]:
            yield Segment(found[2], found[1] is not None, found[3] or b"")
