"""A pipe that can be read a second time: what comes out of it is kept in a temporary file."""

import tempfile
from collections.abc import Iterable
from dataclasses import replace
from typing import IO

from analyzer.sources.files import STDIN, LogFile
from analyzer.sources.rotation import LogGroup
from analyzer.sources.stream import Reader

# In memory up to here, then on disk.
_IN_MEMORY_BYTES = 16 << 20


def readable_again(groups: Iterable[LogGroup]) -> list[LogGroup]:
    """The same logs; standard input among them can be opened once more after it has been read."""
    return [replace(group, files=tuple(_kept(file) if file.name == STDIN else file for file in group.files)) for group in groups]


def _kept(file: LogFile) -> LogFile:
    """Opened once, it is copied; opened again, the copy is read and then gone."""
    copy: IO[bytes] | None = None

    def open_it() -> Reader:
        nonlocal copy
        if copy is None:
            copy = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 (the second reader closes it)
            return _Copying(file.opener(), copy)
        copy.seek(0)
        return copy

    return replace(file, opener=open_it)


class _Copying:
    def __init__(self, reader: Reader, copy: IO[bytes]) -> None:
        self._reader, self._copy = reader, copy

    def read(self, size: int, /) -> bytes | None:
        data = self._reader.read(size)
        if data:
            self._copy.write(data)
        return data

    def close(self) -> None:
        self._reader.close()
