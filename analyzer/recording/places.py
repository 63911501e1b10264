"""Where a log goes: its name, and a file that overwrites nothing."""

import time
from itertools import count
from pathlib import Path

from analyzer.containers import HEAD_BYTES, Head
from analyzer.containers.recorded import RECORDED, SCHEMA
from analyzer.errors import ComfymeterError, UsageError
from analyzer.recording.rolling import RollingFile


def open_log(path: Path | None, *, append: bool, now: time.struct_time) -> RollingFile:
    """The file to record into; without a name a new one in the working directory. Raises ComfymeterError."""
    try:
        if path is None:
            return _fresh(time.strftime("comfyui-%Y%m%d-%H%M%S", now))
        _make_directory(path.parent)
        if append or (path.exists() and not path.is_file()):
            _check_form(path)
            return RollingFile.append_to(path)
        return RollingFile.create(path)
    except FileExistsError as error:
        raise UsageError(f"{path}: exists; give another name, or --append") from error
    except OSError as error:
        raise ComfymeterError(f"{path or 'the working directory'}: cannot be written: {error.strerror or error}") from error


def _make_directory(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise ComfymeterError(f"{path}: is no directory; give another place for the log") from error


def _fresh(stem: str) -> RollingFile:
    for number in count(1):
        try:
            return RollingFile.create(Path(f"{stem}.log" if number == 1 else f"{stem}-{number}.log"))
        except FileExistsError:
            continue
    raise AssertionError("there is always another number")


def _check_form(path: Path) -> None:
    """Records behind anything else would not be found again."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        start = file.read(HEAD_BYTES)
    if start and not RECORDED.matches(Head.of(start)):
        raise UsageError(f"{path}: is no log that comfymeter recorded ({SCHEMA.decode()}); give another name")
