"""A log's content as it was written: unpacked, not yet decoded. Its identity rests on these bytes.

How text is decoded depends on what follows (a character cut in two, an encoding that shows late); the bytes only ever grow.
"""

import hashlib
from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import chain

from analyzer.sources.compression import BrokenArchiveError, codec_of, unpack
from analyzer.sources.files import LogFile
from analyzer.sources.stream import READ_BYTES, Reader

_MAGIC_BYTES = 8


def contents(file: LogFile) -> Generator[bytes, None, None]:
    """The unpacked bytes, as far as they can be read. Raises what the file's opener raises."""
    with closing(file.opener()) as reader:
        try:
            yield from unpacked(reader)
        except (BrokenArchiveError, OSError):
            return  # what came before the damage is the log; a whole copy continues it


def unpacked(reader: Reader) -> Iterator[bytes]:
    """The unpacked bytes. Raises BrokenArchiveError where they are damaged."""
    start = b""
    while len(start) < _MAGIC_BYTES and (chunk := reader.read(READ_BYTES)):
        start += chunk
    chunks = chain((start,), _chunks(reader))
    codec = codec_of(start)
    return filter(None, unpack(codec, chunks) if codec else chunks)


def _chunks(reader: Reader) -> Iterator[bytes]:
    while chunk := reader.read(READ_BYTES):
        yield chunk


def first_bytes(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The same chunks up to `size` bytes."""
    for chunk in chunks:
        yield chunk[:size]
        size -= len(chunk)
        if size <= 0:
            return


class FirstBytes:
    """The first `size` bytes of a log as a file to read. `sha256`: of what has been read, to see that it is still the same."""

    def __init__(self, file: LogFile, size: int) -> None:
        self._chunks = contents(file)
        self._wanted = first_bytes(self._chunks, size)
        self._hasher = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._hasher.hexdigest()

    def read(self, size: int, /) -> bytes:
        data = next(self._wanted, b"")
        self._hasher.update(data)
        return data

    def close(self) -> None:
        self._chunks.close()
