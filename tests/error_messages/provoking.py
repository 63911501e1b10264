"""Runs the command in this process and tells what it said, and where in the code those words were made."""

import logging
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import pytest

from analyzer.cli import main
from analyzer.cli.output import harmless
from analyzer.errors import ComfymeterError
from tests.error_messages.sites import ROOT, Site

_Place = tuple[str, int]


@dataclass
class Made:
    """Exceptions that were made meanwhile: their words and the places in the code that made them or what they tell of."""

    found: list[tuple[str, frozenset[_Place]]] = field(default_factory=list)

    def said(self, text: str) -> set[_Place]:
        """The places of those whose words are in a text."""
        return {place for words, places in self.found if harmless(words) in text for place in places}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What a command did. `places`: in the code, of the words on stderr."""

    code: int
    out: str
    err: str
    places: frozenset[_Place]


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    """Notes every exception of ours as it is made."""
    made, init = Made(), ComfymeterError.__init__

    def noted(self: ComfymeterError, *given: object) -> None:
        init(self, *given)
        made.found.append((str(given[0]), frozenset(_places(sys._getframe(1)))))

    with monkeypatch.context() as patch:
        patch.setattr(ComfymeterError, "__init__", noted)
        yield made


def _places(frame: FrameType | None) -> Iterator[_Place]:
    """Of the call that makes it, and of the ValueErrors whose words it repeats."""
    while frame is not None and frame.f_code.co_name == "__init__":
        frame = frame.f_back
    if frame is not None:
        yield _place(frame.f_code.co_filename, frame.f_lineno)
    error = sys.exc_info()[1]
    while error is not None:
        for last in traceback.extract_tb(error.__traceback__)[-1:]:
            yield _place(last.filename, last.lineno or 0)
        error = error.__cause__ or error.__context__


def _place(file: str, line: int) -> _Place:
    path = Path(file)
    return (path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else file), line


def run(arguments: Sequence[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ended:
    """`comfymeter ARGUMENTS`, as a shell would run it."""
    log = logging.getLogger("comfymeter")
    handlers, level, propagate = log.handlers[:], log.level, log.propagate
    capfd.readouterr()
    with watched(monkeypatch) as made, monkeypatch.context() as patch:
        patch.setattr(sys, "argv", ["comfymeter", *arguments])
        try:
            main()
            code: object = 0
        except SystemExit as ended:
            code = ended.code
        finally:
            log.handlers[:], log.level, log.propagate = handlers, level, propagate
    out, err = capfd.readouterr()
    assert isinstance(code, int)
    return Ended(code=code, out=out, err=err, places=frozenset(made.said(err)))


def reached(sites: Sequence[Site], places: frozenset[_Place]) -> set[Site]:
    """The sites that made words."""
    return {site for site in sites for file, line in places if site.file == file and site.first <= line <= site.last}
