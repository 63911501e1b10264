"""ComfyUI's log buffer stamps every write, not every line: writes back to lines."""

import re
from collections.abc import Iterable, Iterator

from analyzer.lines import MAX_LINE_BYTES, Piece, new_piece

# A progress frame without its leading CR, as it stands in pasted text. A number and its unit are short; pictures are printed too,
# as a megabyte of letters and digits.
_FRAME = re.compile(rb"\d%\||\d\w{0,40} \[\d+:\d\d")


class WriteJoiner:
    """Takes writes in order and gives pieces: a `print` of several writes is one piece with the stamp of its first.

    Progress frames (and what follows a frame on its line) stay pieces of their own: each has its own time.
    Lines are counted over the text of all writes; the lines of a multi-line write share its stamp.
    """

    __slots__ = ("_at", "_number", "_said", "_text", "number")

    def __init__(self) -> None:
        self.number = 1
        self._at: float | None = None  # of the print under way
        self._number = 1  # and the line it began on
        self._text = b""  # its text so far
        self._said = False  # whether this line has given a piece

    @property
    def idle(self) -> bool:
        """Whether the next write begins a line."""
        return not self._text and not self._said

    def feed(self, at: float | None, text: bytes) -> Iterator[Piece]:
        """The pieces that a write completes. `text` is free of control codes except CR and LF."""
        *lines, rest = text.split(b"\n")
        for line in lines:
            yield from self._add(at, line)
            yield from self._flush(line_ends=True)
            self.number += 1
        if rest:
            yield from self._add(at, rest)
        if len(self._text) > MAX_LINE_BYTES:
            yield from self._flush(line_ends=False)

    def frame(self, at: float | None, text: bytes) -> Iterator[Piece]:
        """The pieces that a progress frame, whole and free of control codes, completes: it is one, and waits for nothing."""
        if self._text:
            yield from self._flush(line_ends=False)
        self._said = True
        yield new_piece((self.number, at, text))

    def release(self) -> Iterator[Piece]:
        """A whole progress frame that waits for what follows it on its line; in a stream that may be long in coming."""
        if _is_frame(self._text) and self._text.rstrip().endswith(b"]"):
            yield from self._flush(line_ends=False)

    def close(self) -> Iterator[Piece]:
        """The line that had no end yet."""
        if self._text:
            yield from self._flush(line_ends=True)

    def _add(self, at: float | None, part: bytes) -> Iterator[Piece]:
        part = part if part.strip(b"\r") else b""
        if self._text and part and (part[:1] == b"\r" or _is_frame(self._text)):
            yield from self._flush(line_ends=False)
        if not self._text:
            self._at, self._number = at, self.number
        self._text += part

    def _flush(self, *, line_ends: bool) -> Iterator[Piece]:
        text = self._text.rstrip(b"\r")
        if text.strip() or (line_ends and not self._said):
            yield Piece(self._number, self._at, text)
            self._said = True
        self._text = b""
        if line_ends:
            self._said = False


def _is_frame(text: bytes) -> bool:
    return text[:1] == b"\r" or _FRAME.search(text) is not None


def join_writes(writes: Iterable[tuple[float | None, bytes]]) -> Iterator[Piece]:
    """Pieces of a whole sequence of stamped writes."""
    joiner = WriteJoiner()
    for at, text in writes:
        yield from joiner.feed(at, text)
    yield from joiner.close()
