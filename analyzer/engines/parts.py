"""One big log read by several processes, a part each, and the parts put together as if one had read it all.

A part's reader knows what came before only from a few stretches of it. What it took to be so is compared with what is so when its
turn comes: where that differs, the part is read again here.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass

from analyzer.carrying import Asked, Found, Knowledge, asked, fits, forget, found, give, knowledge, skip, take_in
from analyzer.containers import Container, Stamps, Zone
from analyzer.engines.base import Whole
from analyzer.lines import Piece, line_blocks, new_piece
from analyzer.reading import Beginnings, LogReader
from analyzer.runs.open_run import Request
from analyzer.sources import LogStream
from analyzer.sources.cutting import Cuts, Part, Sizes, Stretch, chunks
from analyzer.sources.encoding import Utf8Chunks

# So many parts in a row may turn out to have been read from a wrong idea of what came before; then one process reads on.
_MOST_MISSES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A file as other processes find it again, and how it is read. `same`: device and number, so that it is no other by then."""

    name: str
    same: tuple[int, int]
    container: Container
    zone: Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a part says, and what its reader knew where it begins and where it ends."""

    began: Knowledge
    ended: Knowledge
    asked: Asked
    found: Found
    unrecognised: tuple[tuple[int, bytes], ...]


def can_be_cut(stream: LogStream, zone: Zone) -> bool:
    """Whether its parts can be read by themselves. In a zone that puts its clocks back a stamp means what those before it say."""
    container = stream.container
    return stream.file is not None and container.from_any_line and not (zone and container.stamps is Stamps.NAIVE)


@dataclass(slots=True, kw_only=True)
class PartsReader:
    """Reads an open log through `reader`, which knows all that came before it, with the help of other processes.

    `taken`: how many parts were read elsewhere; `missed`: how many were, and were read again here; `kept`: not sent away.
    """

    reader: LogReader
    stream: LogStream
    zone: Zone
    pool: Executor
    sizes: Sizes
    on_progress: Callable[[str, int], None] | None = None
    taken: int = 0
    missed: int = 0
    kept: int = 0

    def read(self, ahead: int) -> Whole:
        """Goes through the whole file, which the caller begins and ends. `ahead`: so many parts are read or wait at a time.

        Raises BrokenExecutor.
        """
        file = self.stream.file
        assert file is not None
        told = os.fstat(file)
        place = Place(name=self.stream.name, same=(told.st_dev, told.st_ino), container=self.stream.container, zone=self.zone)
        cuts = iter(Cuts(file, told.st_size, place.container, self.zone, self.sizes))
        waiting: deque[tuple[Part, Future[Read] | None]] = deque()
        at, known, known_at, in_a_row = Stretch(begin=0, end=0, line=1), knowledge(self.reader), 0, 0
        while in_a_row < _MOST_MISSES:
            while len(waiting) < ahead and (part := next(cuts, None)):
                waiting.append((part, self._send(place, part, known, known_at)))
            if not waiting:
                break
            part, future = waiting.popleft()
            if future and self._take(future):
                self.taken, in_a_row = self.taken + 1, 0
            else:
                self.missed, self.kept, in_a_row = self.missed + bool(future), self.kept + (not future), in_a_row + 1
                self.reader.go_through(_pieces(file, part.stretch, place))
            at, known, known_at = part.stretch, knowledge(self.reader), part.stretch.end
            self._tell(at.end)
        for _, future in waiting:
            if future:
                future.cancel()
        return Whole(bytes=told.st_size, encoding=self._read_on(file, at, told.st_size, place))

    def _send(self, place: Place, part: Part, known: Knowledge, known_at: int) -> "Future[Read] | None":
        """Has a part read; None where knowing what came before it takes as long as reading it."""
        before = tuple(stretch for stretch in part.before[:-1] if stretch.begin >= known_at) + part.before[-1:]
        if sum(stretch.end - stretch.begin for stretch in before) > part.stretch.end - part.stretch.begin:
            return None
        return self.pool.submit(read_part, place, part.stretch, before, part.waiting, known)

    def _take(self, future: "Future[Read]") -> bool:
        """Adds what another process found out; whether that can be."""
        try:
            read = future.result()
        except OSError:
            return False  # it is gone or another one by now; here it is still open
        if not fits(self.reader, read.began, read.asked, read.found.tried):
            return False
        take_in(self.reader, read.found, read.ended, read.asked)
        self.reader.sample_all(read.unrecognised)
        return True

    def _read_on(self, file: int, at: Stretch, size: int, place: Place) -> str:
        """Reads what is left, which may be in another encoding than it seemed: in which."""
        if at.end >= size:
            return "utf-8"
        text = Utf8Chunks(chunks(file, at.end, size))
        pieces = place.container.unwrap(line_blocks(text), place.zone)
        self.reader.go_through(_numbered(pieces, self.reader.lines + 1))
        return text.encoding

    def _tell(self, done: int) -> None:
        if self.on_progress:
            self.on_progress(self.stream.name, done)


def read_part(
    place: Place, stretch: Stretch, before: tuple[Stretch, ...], waiting: tuple[Stretch, ...], known: Knowledge
) -> Read:
    """Reads a part in another process. `known`: what was so where `before` begins or earlier. Raises OSError."""
    with open(place.name, "rb", buffering=0) as opened:
        file = opened.fileno()
        told = os.fstat(file)
        if (told.st_dev, told.st_ino) != place.same:
            raise FileNotFoundError(place.name)
        firsts = Beginnings()
        reader = LogReader(on_unrecognised=firsts.note)
        reader.begin(place.name)
        give(reader, known)
        for gap in before:
            skip(reader, _requests(file, waiting, place) if gap is before[-1] else [])
            reader.go_through(_pieces(file, gap, place))
        began, residents = knowledge(reader), forget(reader)
        firsts.lines.clear()
        reader.go_through(_pieces(file, stretch, place))
    return Read(
        began=began,
        ended=knowledge(reader),
        asked=asked(reader, residents),
        found=found(reader),
        unrecognised=tuple(firsts.lines.values()),
    )


def _requests(file: int, lines: tuple[Stretch, ...], place: Place) -> list[Request]:
    pieces = (next(iter(_pieces(file, line, place))) for line in lines)
    return [Request(line=piece.number, at=piece.at, idle=False) for piece in pieces]


def _pieces(file: int, stretch: Stretch, place: Place) -> Iterator[Piece]:
    blocks = line_blocks(chunks(file, stretch.begin, stretch.end))
    return _numbered(place.container.unwrap(blocks, place.zone), stretch.line)


def _numbered(pieces: Iterator[Piece], first: int) -> Iterator[Piece]:
    """Pieces that are numbered from 1 on, from `first` on."""
    before = first - 1
    return (new_piece((number + before, at, text)) for number, at, text in pieces) if before else pieces
