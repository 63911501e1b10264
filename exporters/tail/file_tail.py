"""A growing log file, read to its end again and again: what is new, each byte once, over rotation, truncation and rewriting.

A file is known by its device and inode. Renamed and made anew: the old one is read on for as long as the new one is empty (the
server may still have it open), and a last time before the new one begins. Shorter than what was read, or other bytes than those
before the place that was reached: it was cut or written anew, and is read from its start.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO

READ_BYTES = 1 << 20
# So many bytes before the place that was reached tell whether it is still the same content.
_WITNESS_BYTES = 256
# A file that is written on behind a place where it was cut off has NULs instead of what was there.
_HOLE = b"\0" * 16


@dataclass(slots=True)
class _Open:
    """A file being read, up to `position`; `witness`: the bytes before that."""

    file: FileIO
    identity: tuple[int, int]
    position: int = 0
    witness: bytes = b""

    @property
    def size(self) -> int:
        return os.fstat(self.file.fileno()).st_size

    def read(self) -> bytes:
        """The next part."""
        size = self.size
        if size < self.position or not self._goes_on():
            self.position, self.witness = 0, b""
        elif size == self.position:
            return b""
        while part := self._part():
            data = part.lstrip(b"\0") if part.startswith(_HOLE) else part
            self.witness = (self.witness + part)[-_WITNESS_BYTES:]
            if data:
                return data
        return b""

    def _part(self) -> bytes:
        self.file.seek(self.position)
        part = self.file.read(READ_BYTES) or b""
        self.position += len(part)
        return part

    def _goes_on(self) -> bool:
        """Whether what was read last is still there, or a hole in its place: it was cut off and is written on all the same."""
        self.file.seek(self.position - len(self.witness))
        found = self.file.read(len(self.witness)) or b""
        if not found.strip(b"\0"):
            self.witness = found
        return found == self.witness

    def start_at(self, backlog_bytes: int) -> None:
        """Begins behind a line's end, at most so many bytes before the end of the file."""
        start = max(0, self.size - backlog_bytes)
        if start:
            self.position = start - 1
            line_end = self._part().find(b"\n")
            self.position = start + line_end if line_end >= 0 else start


class FileTail:
    """Reads what a file has grown by. It need not exist yet. `backlog_bytes`: how much of what it holds already; None: all."""

    def __init__(self, path: str, *, backlog_bytes: int | None = None) -> None:
        self._path = path
        self._backlog_bytes = backlog_bytes
        self._open: _Open | None = None

    def read(self) -> bytes:
        """What is new, a MiB at most; nothing where nothing is."""
        self._open = self._open or self._begin()
        current = self._open
        if current is None:
            return b""
        if data := current.read():
            return data
        newer = self._newer(current)
        if newer is None:
            return b""
        if not newer.size:
            newer.file.close()
            return b""
        # Once more: what came between the last look and the new file's first byte.
        data = current.read()
        if data:
            newer.file.close()
            return data
        current.file.close()
        self._open = newer
        return newer.read()

    @property
    def written_at(self) -> float | None:
        """When the file was written to last, by the system's clock; None: it is not there."""
        return os.fstat(self._open.file.fileno()).st_mtime if self._open else None

    def close(self) -> None:
        """Lets go of the file."""
        if self._open:
            self._open.file.close()
            self._open = None

    def _begin(self) -> _Open | None:
        """The file, if it is there. One that comes into being later is new as a whole."""
        opened = _opened(self._path)
        if opened and self._backlog_bytes is not None:
            opened.start_at(self._backlog_bytes)
        self._backlog_bytes = None
        return opened

    def _newer(self, current: _Open) -> _Open | None:
        """The file that has taken the name since."""
        with suppress(FileNotFoundError):
            found = os.stat(self._path)
            if (found.st_dev, found.st_ino) != current.identity:
                return _opened(self._path)
        return None


def _opened(path: str) -> _Open | None:
    with suppress(FileNotFoundError):
        file = FileIO(path, "rb")
        found = os.fstat(file.fileno())
        return _Open(file=file, identity=(found.st_dev, found.st_ino))
    return None
