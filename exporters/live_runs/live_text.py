"""Log text as it comes out of a file or pipe to pieces: the same encodings and containers as for a finished log.

Two things differ. A progress frame is handed on before its line ends, which may be minutes later. And the container is judged
by the first lines there are, and again with each further one until there are enough.
"""

from collections.abc import Iterable, Iterator
from functools import partial

from analyzer.containers import Stamps, Zone, detect
from analyzer.lines import MAX_LINE_BYTES, Piece
from analyzer.sources.encoding import Utf8Chunks
from exporters.live_runs.lockstep import Lockstep

_ENOUGH_BYTES, _ENOUGH_LINES = 4096, 16


class LiveText:
    """Feed it what was read. Text without stamps of its own gets the time at which it was read, unless it was there before."""

    def __init__(self, zone: Zone = None) -> None:
        self._pieces: Lockstep[bytes, tuple[Piece, bool]] = Lockstep(partial(_pieces, zone))

    def feed(self, data: bytes, read_at: float | None) -> list[Piece]:
        """The pieces that `data` completes. `read_at` None: nobody knows when it was written."""
        return [_stamped(piece, read_at, stamps) for piece, stamps in self._pieces.feed(data)] if data else []

    def close(self) -> list[Piece]:
        """The rest; nothing may be fed afterwards."""
        return [piece for piece, _ in self._pieces.close()]


def _stamped(piece: Piece, read_at: float | None, has_stamps: bool) -> Piece:
    return piece if has_stamps else piece._replace(at=read_at)


def _pieces(zone: Zone, chunks: Iterator[bytes]) -> Iterator[tuple[Piece, bool]]:
    """Pieces, and whether they are of a container with stamps."""
    blocks = live_blocks(Utf8Chunks(chunks))
    head, lines = b"", 0
    container = detect(head)
    for block in blocks:
        head += block
        container = detect(head)
        for piece in container.unwrap((block,), zone):
            yield piece._replace(number=piece.number + lines), container.stamps is not Stamps.NONE
        lines += block.count(b"\n")
        if len(head) >= _ENOUGH_BYTES or lines >= _ENOUGH_LINES:
            break
    for piece in container.unwrap(blocks, zone):
        yield piece._replace(number=piece.number + lines), container.stamps is not Stamps.NONE


def live_blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Regroups chunks into blocks that end behind a LF or a whole progress frame; only an over-long line is cut elsewhere."""
    rest = b""
    for chunk in chunks:
        data = rest + chunk
        cut = data.rfind(b"\n") + 1
        if _ends_with_frame(data[cut:]) or len(data) - cut > MAX_LINE_BYTES:
            cut = len(data)
        if cut:
            yield data[:cut]
        rest = data[cut:]
    if rest:
        yield rest


def _ends_with_frame(line: bytes) -> bool:
    """tqdm pads a frame that is shorter than the one before with spaces."""
    frame = line[line.rfind(b"\r") + 1 :] if b"\r" in line else b""
    return b"%|" in frame and frame.rstrip().endswith(b"]")
