"""Faults, kept apart by where they were raised: fuzzing goes on behind the first one."""

import hashlib
import traceback
from collections.abc import Callable
from pathlib import Path

from analyzer.errors import ComfymeterError

_SHOWN_FRAMES = 12


class Faults:
    """The faults of one target, each with the shortest input that shows it, as files in a folder."""

    def __init__(self, check: Callable[[bytes], None], folder: Path) -> None:
        self._check, self._folder = check, folder
        self._shortest: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._shortest)

    def __call__(self, data: bytes) -> None:
        """Checks an input; a fault is written down, not raised."""
        try:
            self._check(data)
        except ComfymeterError:
            return
        except Exception as error:
            self._keep(data, error)

    def recheck(self) -> int:
        """Checks again what was kept before, and forgets what has been put right; how many inputs there were."""
        kept = [(path, path.read_bytes()) for path in sorted(self._folder.glob("*.input"))]
        for path, _ in kept:
            path.unlink()
            path.with_suffix(".txt").unlink(missing_ok=True)
        for _, data in kept:
            self(data)
        return len(kept)

    def _keep(self, data: bytes, error: Exception) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        where = f"{type(error).__name__} {frames[-1].filename} {frames[-1].name} {frames[-1].lineno}"
        if len(data) >= self._shortest.get(where, 1 << 62):
            return
        self._shortest[where] = len(data)
        name = hashlib.sha256(where.encode()).hexdigest()[:12]
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / f"{name}.input").write_bytes(data)
        text = "".join(traceback.format_exception(error, limit=-_SHOWN_FRAMES))
        (self._folder / f"{name}.txt").write_text(text, encoding="utf-8", errors="backslashreplace")
