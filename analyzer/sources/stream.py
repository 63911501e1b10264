"""An open log: bytes unpacked, decoded and cut into blocks of whole lines, its encoding and container recognised."""

import os
import stat
from collections.abc import Iterable, Iterator
from io import FileIO
from itertools import chain
from types import TracebackType
from typing import Protocol

from analyzer.containers import HEAD_BYTES, Container, Zone, detect
from analyzer.errors import SourceError
from analyzer.lines import Piece, line_blocks
from analyzer.sources.compression import BrokenArchiveError, codec_of, unpack
from analyzer.sources.content import not_text
from analyzer.sources.encoding import Utf8Chunks, utf16_of

READ_BYTES = 1 << 20
_MAGIC_BYTES = 8
# logrotate's copytruncate leaves a hole at the start of a file that a program goes on writing to: it reads as NULs.
_HOLE = b"\0" * 16


class Reader(Protocol):
    """What a stream needs from a file: a `read` that may give less than asked for, and nothing at the end."""

    def read(self, size: int, /) -> bytes | None: ...
    def close(self) -> None: ...


class LogStream:
    """An open log. Use it as a context manager and go through `blocks` or `pieces` once.

    `container` is known at once. `encoding`, `bytes` (of the log as unpacked, before decoding) and `damage` are right when all
    has been read. `damage` says in words why the log ends before its end (a broken archive, a read error); None: it does not.
    """

    def __init__(self, name: str, reader: Reader, *, live: bool) -> None:
        self.name = name
        self.bytes = 0
        self.damage: str | None = None
        self._reader = reader
        self._as_it_is = True  # neither packed nor with a hole at its start
        try:
            self._utf8 = Utf8Chunks(self._checked(self._content(), live=live))
            self._blocks = line_blocks(self._utf8)
            self._first = next(self._blocks, b"")
        except BaseException:
            reader.close()
            raise
        self.container: Container = detect(self._first)

    @property
    def encoding(self) -> str:
        return self._utf8.encoding

    @property
    def file(self) -> int | None:
        """The number of the open file, where it can be read from any place on; None: from its start only."""
        if not self._as_it_is or not isinstance(self._reader, FileIO):
            return None
        return self._reader.fileno() if stat.S_ISREG(os.fstat(self._reader.fileno()).st_mode) else None

    def blocks(self) -> Iterator[bytes]:
        """UTF-8 blocks of whole lines, as `lines.line_blocks` makes them; the container is still around the text."""
        return chain((self._first,), self._blocks)

    def pieces(self, zone: Zone = None) -> Iterator[Piece]:
        """The text without its container. `zone`: where stamps without a zone come from."""
        return self.container.unwrap(self.blocks(), zone)

    def close(self) -> None:
        """Lets go of the file."""
        self._reader.close()

    def __enter__(self) -> "LogStream":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _chunks(self) -> Iterator[bytes]:
        while chunk := self._reader.read(READ_BYTES):
            yield chunk

    def _content(self) -> Iterator[bytes]:
        """The unpacked bytes; counts them, and ends early with `damage` set where something breaks on the way."""
        try:
            chunks = self._chunks()
            start = _gather(chunks, _MAGIC_BYTES, line_is_enough=True)
            codec, all_chunks = codec_of(start), chain((start,), chunks)
            self._as_it_is = codec is None
            for chunk in filter(None, unpack(codec, all_chunks) if codec else all_chunks):
                self.bytes += len(chunk)
                yield chunk
        except (BrokenArchiveError, OSError) as error:
            self.damage = str(error)
        except SourceError as error:
            raise SourceError(f"{self.name}: {error}") from None

    def _checked(self, chunks: Iterator[bytes], *, live: bool) -> Iterator[bytes]:
        """The same bytes, from a head that is big enough to judge; raises where there is nothing to read."""
        head = _gather(chunks, HEAD_BYTES, line_is_enough=live)
        while head and head.startswith(_HOLE) and not head.strip(b"\0"):
            head, self._as_it_is = next(chunks, b""), False
        if not head:
            raise SourceError(self._why_nothing())
        if head.startswith(_HOLE):
            head = head.lstrip(b"\0")
            self._as_it_is = False
        if not utf16_of(head) and (kind := not_text(head)):
            raise SourceError(f"{self.name}: this is {kind}, no log; name the log file itself")
        yield head
        yield from chunks

    def _why_nothing(self) -> str:
        if self.damage:
            return f"{self.name}: nothing can be read: {self.damage}; copy or download it again"
        if self.bytes:
            return f"{self.name}: holds nothing but NUL bytes; was it cut while the server wrote to it?"
        return f"{self.name}: is empty; does the server write to another file?"


def _gather(chunks: Iterable[bytes], size: int, *, line_is_enough: bool = False) -> bytes:
    """The first chunks as one, at least `size` bytes if there are so many, or with a line end in it."""
    parts, total = list[bytes](), 0
    for chunk in chunks:
        parts.append(chunk)
        total += len(chunk)
        if total >= size or (line_is_enough and b"\n" in chunk):
            break
    return b"".join(parts)
