"""A file that grows by whole records and is passed on in parts: `run.log`, `run.log.1` (the part before), `run.log.2`, …"""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

_WRITE = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)
# What a program prints may be anything, so its log is its owner's alone; who widens that widens it for later parts too.
_OWNER_ONLY = 0o600


class RollingFile:
    """Appends at once, without a buffer, so that what was written survives the recorder.

    `limit_bytes`: where a part ends (None: never); `keep`: how many older parts stay; `head`: what is written first, into
    this part and into every new one.
    """

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self.limit_bytes: int | None = None
        self.keep = 0
        self.head: Callable[[], bytes] = bytes
        self._handle = handle
        self._created = False
        self._fresh = True
        self._torn = False
        self._grace_bytes = 0  # beyond the limit, where a new part could not be begun

    @classmethod
    def create(cls, path: Path) -> Self:
        """A new file. Raises FileExistsError where there is one, OSError where there cannot be one."""
        file = cls(path, os.open(path, _WRITE | os.O_CREAT | os.O_EXCL, _OWNER_ONLY))
        file._created = True
        return file

    @classmethod
    def append_to(cls, path: Path) -> Self:
        """A file that may be there, or a device or pipe that is. Raises OSError."""
        file = cls(path, os.open(path, _WRITE | os.O_CREAT, _OWNER_ONLY))
        file._torn = _ends_inside_a_line(path)
        return file

    @property
    def size(self) -> int:
        """Bytes in this part."""
        return os.fstat(self._handle).st_size

    def append(self, data: bytes, *, may_roll: bool = True) -> None:
        """Writes all of `data`, or nothing and raises OSError. `may_roll`: a new part may begin with it."""
        size = self.size
        if self.limit_bytes and may_roll and size and size + len(data) > self.limit_bytes + self._grace_bytes:
            self._grace_bytes = 0 if self._roll() else size
        head = self.head() if self._fresh else b""
        self._write((b"\n" if self._torn else b"") + head + data)
        self._fresh = self._torn = False

    def close(self) -> None:
        """Lets go of the file."""
        with suppress(OSError):
            os.close(self._handle)

    def discard(self) -> None:
        """Lets go of a file that was made for nothing."""
        if self._created and not self.size:
            with suppress(OSError):
                os.unlink(self.path)
        self.close()

    def _write(self, data: bytes) -> None:
        before = self.size
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._handle, rest) :]
        except OSError:
            self._take_back(before)
            raise

    def _take_back(self, size: int) -> None:
        """A part of a record stands at the end of the file: without it the next one can follow."""
        try:
            if self.size > size:
                os.ftruncate(self._handle, size)
        except OSError:
            self._torn = True

    def _roll(self) -> bool:
        """Begins a new part. Where that cannot be (no room for a file, a system that moves no open ones), this one goes on."""
        fresh = self.path.with_name(f"{self.path.name}.new")
        try:
            with suppress(FileNotFoundError):
                os.unlink(fresh)
            handle = os.open(fresh, _WRITE | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        except OSError:
            return False
        try:
            with suppress(OSError):  # not every file system has modes
                os.chmod(fresh, stat.S_IMODE(os.fstat(self._handle).st_mode))
            self._pass_on()
            os.replace(fresh, self.path)
        except OSError:
            os.close(handle)
            with suppress(OSError):
                os.unlink(fresh)
            return False
        self.close()
        self._handle, self._fresh, self._torn = handle, True, False
        return True

    def _pass_on(self) -> None:
        parts = [self.path, *(self.path.with_name(f"{self.path.name}.{number}") for number in range(1, self.keep + 1))]
        for older, newer in zip(parts[::-1], parts[-2::-1], strict=False):
            if newer.exists():
                os.replace(newer, older)


def _ends_inside_a_line(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        return file.read(1) not in (b"", b"\n")
