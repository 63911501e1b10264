"""Progress bars without their redraws: a frame that changes nothing but its clock and rate is left out.

The first frame of a bar, the first of every step and the last before something else is written stay, so that the time of
every step can be read from the record.
"""

from collections.abc import Iterator
from typing import NamedTuple

from analyzer.families.bars import find_frame
from analyzer.recording.framing import Segment

Arrived = tuple[float, Segment]


class _Look(NamedTuple):
    """What a frame shows: which bar it is (None: no bar of tqdm's), and all but clock and rate."""

    bar: tuple[bytes, bytes | None] | None
    shown: bytes


class Thinner:
    """One stream of segments. Holds back the newest redraw: it stays if nothing of its bar follows."""

    __slots__ = ("_held", "_look")

    def __init__(self) -> None:
        self._look: _Look | None = None  # of the frame written last
        self._held: Arrived | None = None

    def feed(self, at: float, segment: Segment) -> Iterator[Arrived]:
        """The segments to write, now that this one has arrived."""
        look = _look(segment) if segment.returned else None
        if look and look == self._look and not segment.end:
            self._held = (at, segment)
            return
        if not (look and look.bar and self._look and look.bar == self._look.bar):
            yield from self.rest()
        self._held, self._look = None, None if segment.end else look
        yield at, segment

    def rest(self) -> Iterator[Arrived]:
        """The redraw held back: nothing of its bar follows."""
        if self._held:
            yield self._held
        self._held = self._look = None


def _look(segment: Segment) -> _Look:
    text = segment.text
    frame = find_frame(text)
    if not frame:
        return _Look(None, text)
    postfix = frame["postfix"] or b""
    shown = b"\0".join((text[: frame.start("clock")], postfix, text[frame.end() :]))
    return _Look((text[: frame.start()], frame.groupdict().get("total")), shown)
