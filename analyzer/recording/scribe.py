"""One stream of the server to records: bytes and the time at which they arrived in, lines of the log out."""

from collections.abc import Iterable

from analyzer.containers.recorded import AS_IT_IS, CRLF, GOES_ON, LF, NO_RETURN
from analyzer.recording.format import HARMFUL, Stamp, Stream, record
from analyzer.recording.framing import Framer, Segment, segments
from analyzer.recording.thinning import Arrived, Thinner

_WHOLE = {b"\n": NO_RETURN + LF + AS_IT_IS, b"\r\n": NO_RETURN + CRLF + AS_IT_IS}
_OPEN = NO_RETURN + GOES_ON + AS_IT_IS


class Scribe:
    """Feed it the bytes of one stream. `thin`: leave out the redraws of progress bars."""

    def __init__(self, stream: Stream, stamp: Stamp, *, thin: bool = True) -> None:
        self.mid_line = False  # whether the last record is a part of a line that goes on, and no frame
        self._stream = stream.value
        self._stamp = stamp
        self._framer = Framer()
        self._thinner = Thinner() if thin else None

    def feed(self, at: float, data: bytes) -> bytes:
        """The records of bytes that arrived at `at` (Unix seconds)."""
        data = self._framer.whole(data)
        if not data:
            return b""
        end = _line_end(data)
        if end is None:
            return self._write(self._thinned(at, segments(data)))
        held = self._write(self._thinner.rest()) if self._thinner else b""
        return held + self._plain(at, data, end)

    def close(self, at: float) -> bytes:
        """The records of what was held back; the stream has ended."""
        rest = self._write(self._thinned(at, segments(self._framer.rest())))
        return rest + (self._write(self._thinner.rest()) if self._thinner else b"")

    def _plain(self, at: float, data: bytes, end: bytes) -> bytes:
        start = b"%s %s" % (self._stamp(at), self._stream)
        lines = data.split(end)
        rest = lines.pop()
        self.mid_line = bool(rest)
        records = [start + _WHOLE[end] + line for line in lines]
        if rest:
            records.append(start + _OPEN + rest)
        return b"\n".join((*records, b""))

    def _thinned(self, at: float, arrived: Iterable[Segment]) -> list[Arrived]:
        if self._thinner is None:
            return [(at, segment) for segment in arrived]
        return [kept for segment in arrived for kept in self._thinner.feed(at, segment)]

    def _write(self, arrived: Iterable[Arrived]) -> bytes:
        records = []
        for at, segment in arrived:
            records.append(record(self._stamp(at), self._stream, segment.marks, segment.text))
            self.mid_line = not segment.end and not segment.returned
        return b"".join(records)


def _line_end(data: bytes) -> bytes | None:
    """The line end of plain text, which nearly all output is; None where a closer look is needed."""
    if HARMFUL.search(data):
        return None
    returns = data.count(b"\r")
    if not returns:
        return b"\n"
    return b"\r\n" if returns == data.count(b"\r\n") == data.count(b"\n") else None
