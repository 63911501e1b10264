"""How to record, as the user asked for it, and the log opened accordingly."""

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from analyzer.containers.recorded import SCHEMA
from analyzer.recording.format import Stamper, Stream, note
from analyzer.recording.log import RecordLog
from analyzer.recording.places import open_log
from analyzer.recording.rolling import RollingFile
from analyzer.recording.voice import Voice

STDIN, STDOUT, STDERR = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to record. `path` None: a new file named by the time; `limit_bytes` None: one part; `pty` None: as stdout is.

    `thin`: without the redraws of progress bars; `vram_seconds`: between samples, 0 for none.
    """

    path: Path | None = None
    append: bool = False
    limit_bytes: int | None = None
    keep: int = 5
    pty: bool | None = None
    thin: bool = True
    quiet: bool = False
    vram_seconds: float = 1.0


def open_file(settings: Settings) -> RollingFile:
    """The file to record into. Raises ComfymeterError."""
    _fill_standard_streams()
    file = open_log(settings.path, append=settings.append, now=time.localtime())
    file.limit_bytes, file.keep = settings.limit_bytes, settings.keep
    return file


def log_in(file: RollingFile, streams: Iterable[Stream], settings: Settings, voice: Voice) -> RecordLog:
    """A log in `file`; what it says first is still to come."""
    stamp, schema = Stamper(), SCHEMA.decode()
    file.head = lambda: note(stamp(time.time()), schema)
    voice.note(f"recording to {file.path}")
    return RecordLog(file, streams, stamp=stamp, clock=time.time, say=voice.warn, thin=settings.thin)


def _fill_standard_streams() -> None:
    """Where a standard stream is closed, a file opened later would take its place and get the program's output."""
    while (handle := os.open(os.devnull, os.O_RDWR)) <= STDERR:
        pass
    os.close(handle)
