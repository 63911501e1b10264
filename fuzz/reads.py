"""Bytes as a log that arrives in pieces of any size, read the way files are."""

import random

from analyzer.errors import SourceError
from analyzer.logs import ReadOptions, read_files
from analyzer.reading import LogReading
from analyzer.sources.files import LogFile

NAME = "fuzz.log"


class Arriving:
    """A reader that gives what is asked for, or with `seed` a random part of it."""

    def __init__(self, data: bytes, seed: int | None = None) -> None:
        self._data, self._place = data, 0
        self._random = None if seed is None else random.Random(seed)

    def read(self, size: int, /) -> bytes:
        if self._random is not None:
            size = self._random.choice((1, 7, 100, 1000, 5000))
        part = self._data[self._place : self._place + size]
        self._place += len(part)
        return part

    def close(self) -> None:
        pass


def file_of(data: bytes, seed: int | None = None, name: str = NAME) -> LogFile:
    """These bytes as a log, to be opened as often as wanted."""
    return LogFile(name=name, opener=lambda: Arriving(data, seed))


def read(data: bytes, seed: int | None = None) -> LogReading | str:
    """What a log says, or why it cannot be read."""
    try:
        return read_files([file_of(data, seed)], ReadOptions())
    except SourceError as error:
        return str(error)
