"""A kit into a folder: all of its files or none, and never over a file that is there, unless that is wanted."""

import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from analyzer.cli.output import harmless, writing
from analyzer.errors import ComfymeterError, UsageError
from dashboards.kits import KITS, RUNBOOKS, Kit

_MOST_NAMED = 5
# What stands for the folder in a kit's `then`.
_FOLDER = re.compile(r"#(?=/)|(?<=cd )#")
_URL = re.compile(r"https?://[^\s'\"{}\\#]+")


def run(kit: str, place: str, *, force: bool = False, runbooks: str | None = None) -> str:
    """Writes a kit; what was written and what to do next. Raises ComfymeterError, and nothing was written then."""
    chosen = _named(kit)
    if runbooks is not None and not _URL.fullmatch(runbooks):
        raise UsageError(f"--runbooks: {runbooks!r} must be an address like https://example.org/runbooks")
    files = chosen.files(runbooks or RUNBOOKS)
    write_all(Path(place), files, force=force)
    lines = [*(str(Path(place) / name) for name in files), f"Next: {_next(chosen, place)}"]
    return "\n".join(map(harmless, lines)) + "\n"


def _named(name: str) -> Kit:
    for kit in KITS:
        if kit.name == name:
            return kit
    raise UsageError(f"init: there is no kit {name!r}; there are {', '.join(kit.name for kit in KITS)}")


def _next(kit: Kit, place: str) -> str:
    """The folder as a shell takes it; a quoted part goes on with what stands behind it."""
    return _FOLDER.sub(lambda _: shlex.quote(place.rstrip("/") or "/"), kit.then)


def write_all(root: Path, files: Mapping[str, str], *, force: bool) -> None:
    """Writes texts to their places below a folder. Raises ComfymeterError."""
    targets = {name: _below(root, name) for name in files}
    _must_be_free(root, targets.values(), force=force)
    with writing(str(root)):
        root.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".comfymeter-", dir=root))
        try:
            for number, text in enumerate(files.values()):
                (staging / str(number)).write_text(text, encoding="utf-8", newline="\n")
            for number, target in enumerate(targets.values()):
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(staging / str(number), target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def _below(root: Path, name: str) -> Path:
    """The place of a file: in the folder, whatever links lie in it."""
    parts = PurePosixPath(name)
    target = root.joinpath(*parts.parts)
    if parts.is_absolute() or ".." in parts.parts or not target.parent.resolve().is_relative_to(root.resolve()):
        raise ComfymeterError(f"{target}: leads out of {root}; nothing was written")
    return target


def _must_be_free(root: Path, targets: Iterable[Path], *, force: bool) -> None:
    there = [target for target in targets if os.path.lexists(target)]
    if folders := [target for target in there if target.is_dir() and not target.is_symlink()]:
        raise ComfymeterError(f"{folders[0]}: is a folder; nothing was written")
    if there and not force:
        names = ", ".join(str(target.relative_to(root)) for target in there[:_MOST_NAMED])
        more = f" and {len(there) - _MOST_NAMED} more" if len(there) > _MOST_NAMED else ""
        raise ComfymeterError(f"{root}: {names}{more} would be overwritten (--force does that); nothing was written")
