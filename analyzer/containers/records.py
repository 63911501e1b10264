"""What the containers of records share: bytes inside JSON, and lines that were cut into several records."""

import json
from collections.abc import Iterator

from analyzer.containers.base import message_pieces
from analyzer.lines import MAX_LINE_BYTES, Piece


def to_text(data: bytes) -> str:
    """`data` as text that `to_bytes` turns back into the same bytes, whatever they are."""
    return data.decode("utf-8", "surrogateescape")


def to_bytes(text: str) -> bytes:
    """The UTF-8 of text from a JSON string. Bytes of a character that was split between two records stay as they are."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a surrogate pair, written as \\ud83d
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def json_object(line: bytes) -> dict[str, object] | None:
    """The JSON object that `line` holds; None where there is none (cut off, or another program's output)."""
    try:
        value = json.loads(to_text(line), strict=False)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


class PartJoiner:
    """Joins the parts of a line that a container cut (at 16 KiB or 48 KiB), per stream.

    A joined line has the number of its first part and the stamp of its last: like the stamp of a line that
    was not cut, that is when the line was complete.
    """

    __slots__ = ("_open",)

    def __init__(self) -> None:
        self._open: dict[object, tuple[int, float | None, bytes]] = {}

    def holds(self, stream: object) -> bool:
        """Whether a line of `stream` is under way."""
        return stream in self._open

    def feed(self, stream: object, number: int, at: float | None, text: bytes, *, whole: bool) -> Iterator[Piece]:
        """The pieces of a line that `text` completes; what goes beyond `MAX_LINE_BYTES` is not held back."""
        if stream in self._open:
            number, _, before = self._open.pop(stream)
            text = before + text
        if whole or len(text) > MAX_LINE_BYTES:
            yield from message_pieces(number, at, text)
        else:
            self._open[stream] = (number, at, text)

    def close(self) -> Iterator[Piece]:
        """The lines whose end is missing."""
        for number, at, text in self._open.values():
            yield from message_pieces(number, at, text)
        self._open.clear()
