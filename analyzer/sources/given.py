"""Lines that a program hands in, read as a file of the same text is."""

from collections.abc import Iterable, Iterator

from analyzer.sources.files import LogFile


def given_lines(name: str, lines: Iterable[str] | Iterable[bytes]) -> LogFile | None:
    """A log of lines with or without their line ends, to be opened once; None where there is nothing in them."""
    chunks = _joined(lines)
    first = next(chunks, None)
    return None if first is None else LogFile(name=name, opener=lambda: _Chunks(first, chunks))


class _Chunks:
    """Whole lines, at least `size` bytes of them at a time where there are so many."""

    def __init__(self, first: bytes, rest: Iterator[bytes]) -> None:
        self._first, self._rest = first, rest

    def read(self, size: int, /) -> bytes:
        parts, total = [self._first], len(self._first)
        self._first = b""
        for chunk in self._rest:
            parts.append(chunk)
            total += len(chunk)
            if total >= size:
                break
        return b"".join(parts)

    def close(self) -> None:
        pass


def _joined(lines: Iterable[str] | Iterable[bytes]) -> Iterator[bytes]:
    """The text that is not empty, in order. A line end is put only between lines: behind the last it may cut a character."""
    ended = True
    for line in lines:
        data = line.encode("utf-8", "replace") if isinstance(line, str) else line
        if not ended:
            yield b"\n"
        if data:
            yield data
        ended = data.endswith(b"\n")
