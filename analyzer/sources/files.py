"""A log that can be opened: a file on disk, the standard input, or a remote object."""

import importlib
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from io import BufferedReader
from typing import Any, cast

from analyzer.errors import SourceError
from analyzer.sources.stream import LogStream, Reader
from analyzer.sources.urls import is_url, shown

STDIN = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFile:
    """One log by its name as the user gave it; nothing is read before `open`.

    `optional`: found in a directory, not asked for by its own name; where it cannot be read the others still are.
    """

    name: str
    opener: Callable[[], Reader]
    optional: bool = False

    def open(self, *, live: bool | None = None) -> LogStream:
        """The opened log. `live`: do not wait for more than its first line to recognise its form; by itself for pipes.

        Raises `SourceError` where it is missing, not readable, empty, or no text.
        """
        with in_words(self.name):
            reader = self.opener()
            return LogStream(self.name, reader, live=_is_pipe(reader) if live is None else live)

    def open_or_why(self) -> LogStream | str:
        """The log opened to be read to its end; of an optional one that cannot be read, why. Raises SourceError."""
        try:
            return self.open(live=False)
        except SourceError as error:
            if not self.optional:
                raise
            return str(error).removeprefix(f"{self.name}: ")


def local_file(name: str, *, optional: bool = False) -> LogFile:
    """A file on disk."""
    return LogFile(name=name, opener=partial(_open_local, name), optional=optional)


def _open_local(name: str) -> Reader:
    return open(name, "rb", buffering=0)


def standard_input() -> LogFile:
    """The standard input: read as data arrives."""
    return LogFile(name=STDIN, opener=_Stdin)


class _Stdin:
    """Gives what is there instead of waiting for a whole buffer, and leaves the process's stdin open."""

    def read(self, size: int, /) -> bytes:
        return cast(BufferedReader, sys.stdin.buffer).read1(size)

    def fileno(self) -> int:
        return sys.stdin.fileno()

    def close(self) -> None:
        pass


def remote_file(url: str) -> LogFile:
    """An object at a URL that fsspec knows, e.g. `s3://bucket/comfyui.log`; its name holds no log-in."""
    return LogFile(name=shown(url), opener=partial(_open_remote, url))


def remote_names(url: str) -> list[str]:
    """The URLs that a URL with `*` stands for."""
    if "*" not in url:
        return [url]
    scheme = url.partition("://")[0]
    with in_words(url):
        found = _fsspec(url).filesystem(scheme).glob(url)
    return [name if is_url(name) else f"{scheme}://{name}" for name in sorted(found)]


def _open_remote(url: str) -> Reader:
    with in_words(url):
        reader: Reader = _fsspec(url).open(url, "rb").open()
    return reader


@contextmanager
def in_words(name: str) -> Iterator[None]:
    """What may go wrong with a place, as a SourceError that says what to do, and no log-in that a URL holds."""
    place = shown(name)
    try:
        yield
    except FileNotFoundError:
        raise missing(place) from None
    except PermissionError:
        raise SourceError(f"{place}: permission denied; run as a user who may read it") from None
    except OSError as error:
        raise SourceError(f"{place}: cannot be read ({shown(error.strerror or str(error))})") from None
    except ImportError as error:
        raise SourceError(f"{place}: {str(error).splitlines()[0]}") from None
    except ValueError as error:
        if not is_url(name):
            raise  # of the program that gave the lines
        raise SourceError(f"{place}: is no URL that can be read ({shown(str(error))})") from None


def missing(name: str) -> SourceError:
    return SourceError(f"{name}: no such file; is the path right?")


def _fsspec(url: str) -> Any:
    try:
        return importlib.import_module("fsspec")
    except ImportError:
        raise SourceError(f"{shown(url)}: URLs need an extra: pip install 'comfymeter[remote]'") from None


def _is_pipe(reader: Reader) -> bool:
    number = getattr(reader, "fileno", None)
    with suppress(OSError, ValueError):
        return number is not None and not stat.S_ISREG(os.fstat(number()).st_mode)
    return False
