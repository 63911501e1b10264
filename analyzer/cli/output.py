"""Where output goes: the terminal with its width and colours, files written whole or not at all, progress on stderr."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.cli.options import Common
from analyzer.errors import ComfymeterError, UsageError

if TYPE_CHECKING:
    from analyzer.renderers.base import Document, Options, Renderer
    from analyzer.report import Report
    from analyzer.settings import Settings

# Nobody looks at the width of a pipe; this one fits most places where its text is pasted.
_PIPED_WIDTH = 100
_COLORS = ("auto", "always", "never")
_PROGRESS_AFTER_SECONDS = 1.0
_PROGRESS_EVERY_SECONDS = 0.2


def render_options(common: Common, settings: "Settings", *, shared: bool) -> "Options":
    """How to render. `shared`: the document is made to be passed on, so redacted unless told otherwise."""
    from analyzer.redaction import NO_REDACTION, Redactor
    from analyzer.renderers.base import Options

    redact = common.redact if common.redact is not None else settings.redact
    redact = shared if redact is None else redact
    return Options(
        top=common.top or settings.top or 10,
        width=shutil.get_terminal_size((_PIPED_WIDTH, 24)).columns,
        color=use_color(common.color or settings.color or "auto"),
        unicode=(sys.stdout.encoding or "ascii").lower().startswith("utf"),
        redactor=Redactor() if redact else NO_REDACTION,
    )


def use_color(choice: str) -> bool:
    """Whether to colour: asked for, or a terminal that does not refuse (NO_COLOR, TERM=dumb). Raises UsageError."""
    if choice not in _COLORS:
        raise UsageError(f"--color: {choice!r} must be one of {', '.join(_COLORS)}")
    if choice != "auto":
        return choice == "always"
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def write_stdout(document: "Document | Iterable[Document]") -> None:
    """Writes a document, whole or in pieces, to stdout, text with a line end."""
    piece: Document = b""
    try:
        for piece in _pieces(document):
            sys.stdout.buffer.write(_encoded(piece, sys.stdout.encoding or "utf-8"))
        if isinstance(piece, str) and not piece.endswith("\n"):
            sys.stdout.buffer.write(b"\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (`head`, a pager) has seen enough: no error, though typer would exit with 1.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_file(path: str, document: "Document | Iterable[Document]", *, private: bool = False) -> None:
    """Writes a file whole or not at all: beside its place first, then renamed. `private`: nothing was replaced in it, so it is
    its owner's alone. Raises ComfymeterError."""
    target = Path(path)
    data = (_encoded(piece, "utf-8") for piece in _pieces(document))
    with writing(path):
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not target.is_file():
            # A device or a pipe (/dev/stdout, a FIFO) cannot be replaced by a rename.
            with target.open("wb") as file:
                file.writelines(data)
        else:
            _put(target, data, mode=0o600 if private else 0o666 & ~_umask())


def replace_file(path: str, text: str) -> None:
    """Replaces a file that is there, through links, in one step, with its mode. Raises ComfymeterError."""
    target = Path(path).resolve()
    with writing(path):
        _put(target, [text.encode()], mode=target.stat().st_mode & 0o7777)


@contextmanager
def writing(path: str) -> Iterator[None]:
    """What may go wrong when a file is written, as one line that names it. Raises ComfymeterError."""
    try:
        yield
    except OSError as error:
        raise ComfymeterError(f"{path}: cannot be written: {error.strerror or error}") from error


def _put(target: Path, data: Iterable[bytes], *, mode: int) -> None:
    """Writes beside the target, to the disk, then renames: whatever happens, the target is the old file or the new one."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _pieces(document: "Document | Iterable[Document]") -> "Iterable[Document]":
    return (document,) if isinstance(document, str | bytes) else document


def _encoded(piece: "Document", encoding: str) -> bytes:
    return piece if isinstance(piece, bytes) else piece.encode(encoding, "replace")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def note(text: str, *, quiet: bool) -> None:
    """A line for the person at the terminal, beside the output. Where it cannot be written nothing else should fail."""
    with suppress(OSError):
        if not quiet:
            print(harmless(text), file=sys.stderr)  # noqa: T201


def remark(name: str, renderer: "Renderer", report: "Report", *, quiet: bool) -> None:
    """What the reader of a document should be told beside it. `name`: the document's."""
    for text in renderer.remarks(report) if renderer.remarks else ():
        note(f"{name}: {text}", quiet=quiet)


def harmless(text: str) -> str:
    """A message as it may go to a terminal: file names may hold control codes, line ends and marks that turn the text around."""
    return "".join(character if character.isprintable() else "?" for character in text)


class Progress:
    """How far reading is, on stderr, for anything over a second and only on a terminal."""

    def __init__(self, *, quiet: bool) -> None:
        self._on = sys.stderr.isatty() and not quiet
        self._start = self._last = time.monotonic()
        self._shown = False

    def __call__(self, name: str, size: int) -> None:
        now = time.monotonic()
        if self._on and now - self._start > _PROGRESS_AFTER_SECONDS and now - self._last > _PROGRESS_EVERY_SECONDS:
            self._last, self._shown = now, True
            sys.stderr.write(f"\r\x1b[Kreading {harmless(name)}: {size / 1e6:,.0f} MB")
            sys.stderr.flush()

    def done(self) -> None:
        """Takes the line away again."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
