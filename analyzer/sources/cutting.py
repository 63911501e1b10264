"""Where a big file may be cut into parts that are read each by itself: behind the end of a run.

Of all that comes before a part its reader is told what it may need: where servers start, the requests that wait, and the lines
just before. That is a guess, which is looked at when the parts are put together again: only the numbers of lines must be exact.
"""

import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.containers import Container, Stamps, Zone
from analyzer.sources.encoding import Utf8Chunks
from analyzer.sources.stream import READ_BYTES

_BOM = b"\xef\xbb\xbf"
_END, _REQUEST, _REFUSED = b"Prompt executed in ", b"got prompt", b"invalid prompt"
# Printed by every server that starts, and by no other; a little before them there may be lines that belong to it.
_STARTS = (b"Total VRAM ", b"Set vram state to")
_BEFORE_START_BYTES = 32 << 10
# So far the end of a run is looked for.
_SEARCH_BYTES = 8 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Bytes: of a part, of what is read before it to know what came before, of a server's start."""

    part: int = 16 << 20
    warm_up: int = 256 << 10
    start: int = 128 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Whole lines of a file: bytes from `begin` to `end`. `line`: the number of the first."""

    begin: int
    end: int
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part. `before`: what to read of all that comes before it, the last right before it; `waiting`: the lines of the requests
    that wait where the last of `before` begins."""

    stretch: Stretch
    before: tuple[Stretch, ...]
    waiting: tuple[Stretch, ...]


class Cuts:
    """The parts of an open file of `size` bytes. Iteration ends early where the file turns out not to be UTF-8."""

    def __init__(self, file: int, size: int, container: Container, zone: Zone, sizes: Sizes) -> None:
        self._file, self._size, self._sizes = file, size, sizes
        self._container, self._zone = container, zone
        self._at = len(_BOM) if os.pread(file, len(_BOM), 0) == _BOM else 0
        self._line = 1
        self._starts: list[Stretch] = []
        self._waiting: deque[Stretch] = deque()
        self._text = Utf8Chunks(chunks(file, 0, size))
        self._judged, self._judge = 0, iter(self._text)

    def __iter__(self) -> Iterator[Part]:
        begin, line = self._at, self._line
        self._note_start(begin, begin, line)
        before: tuple[Stretch, ...] = ()
        waiting: tuple[Stretch, ...] = ()
        while begin < self._size:
            warm = self._run_end(begin + max(1, self._sizes.part - self._sizes.warm_up))
            self._go_to(warm)
            warm_line, will_wait = self._line, tuple(self._waiting)
            end = self._end(begin, warm)
            self._go_to(end)
            if self._text.encoding != "utf-8":
                return
            yield Part(stretch=Stretch(begin=begin, end=end, line=line), before=before, waiting=waiting)
            before = (*self._starts_before(warm), Stretch(begin=warm, end=end, line=warm_line))
            waiting, begin, line = will_wait, end, self._line

    def _end(self, begin: int, warm: int) -> int:
        """Where a part ends. What would be left of the file is no part by itself where it is short."""
        end = begin + self._sizes.part
        if warm == self._size or self._size - end < self._sizes.part // 2:
            return self._size
        return self._run_end(max(end, warm + 1))

    def _starts_before(self, place: int) -> Iterator[Stretch]:
        for start in self._starts:
            if start.begin < place:
                yield Stretch(begin=start.begin, end=min(start.end, place), line=start.line)

    def _run_end(self, target: int) -> int:
        """The first place behind a run's end from `target` on; the file's end where there is none near."""
        data, looked = b"", 0
        while len(data) < _SEARCH_BYTES and (more := os.pread(self._file, READ_BYTES // 4, target + len(data))):
            data += more
            while (found := data.find(_END, looked)) >= 0 and (line_end := data.find(b"\n", found) + 1):
                next_end = data.find(b"\n", line_end) + 1
                if not next_end:
                    break  # more of it is needed
                if self._stamped(data[line_end:next_end]):
                    return target + line_end
                looked = line_end
            looked = found if found >= 0 else max(looked, len(data) - len(_END))
        return self._size

    def _stamped(self, line: bytes) -> bool:
        if self._container.stamps is Stamps.NONE:
            return True
        first = next(self._container.unwrap([line], self._zone), None)
        return first is not None and first.at is not None

    def _go_to(self, place: int) -> None:
        """Counts the lines up to a place, and notes on the way what readers of later parts may need."""
        while self._at < place:
            data = os.pread(self._file, min(READ_BYTES, place - self._at), self._at)
            if not data:
                return
            data = data[: data.rfind(b"\n") + 1] or data
            self._note(data)
            self._at += len(data)
            self._judge_to(self._at)

    def _note(self, data: bytes) -> None:
        counted, marks = 0, []
        for text in (_REQUEST, _END, _REFUSED, *_STARTS):
            found = data.find(text)
            while found >= 0:
                marks.append((found, text))
                found = data.find(text, found + len(text))
        for place, text in sorted(marks):
            self._line += data.count(b"\n", counted, place)
            counted = place
            self._note_mark(data, place, text)
        self._line += data.count(b"\n", counted)

    def _note_mark(self, data: bytes, place: int, text: bytes) -> None:
        if text == _REQUEST:
            begin, end = data.rfind(b"\n", 0, place) + 1, data.find(b"\n", place) + 1 or len(data)
            self._waiting.append(Stretch(begin=self._at + begin, end=self._at + end, line=self._line))
        elif text == _END and self._waiting:
            self._waiting.popleft()
        elif text == _REFUSED and self._waiting:
            self._waiting.pop()
        elif text in _STARTS:
            self._waiting.clear()
            self._note_start(max(0, self._at + place - _BEFORE_START_BYTES), self._at + place, self._line)

    def _note_start(self, begin: int, place: int, line: int) -> None:
        """A server's start, whose first lines may stand anywhere between the two places; `line`: of the second."""
        last = self._starts[-1].end if self._starts else begin
        if place < last:
            return
        before = os.pread(self._file, place - begin, begin)
        first = last - begin if last >= begin else before.find(b"\n") + 1
        line -= before.count(b"\n", first)
        self._starts.append(Stretch(begin=begin + first, end=self._run_end(place + self._sizes.start), line=line))

    def _judge_to(self, place: int) -> None:
        """Looks for the first bytes beyond ASCII, which decide on the encoding."""
        while self._judged < place:
            chunk = next(self._judge, b"")
            known = not chunk or not chunk.isascii()
            self._judged = self._size if known else self._judged + len(chunk)


def chunks(file: int, begin: int, end: int) -> Iterator[bytes]:
    """The bytes of a file between two places, read up to the same places as if it were read from its start."""
    while begin < end and (data := os.pread(file, min(READ_BYTES - begin % READ_BYTES, end - begin), begin)):
        yield data
        begin += len(data)
