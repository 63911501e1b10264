"""What a renderer is: a pure function from a report and options to a document."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from analyzer.redaction import NO_REDACTION, Redaction
from analyzer.report import Report
from analyzer.version import installed_version

Document = str | bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to render. `top`: rows of a worst-first list; `width`, `color` and `unicode` are for terminals only."""

    top: int = 10
    width: int = 80
    color: bool = False
    unicode: bool = True
    redactor: Redaction = NO_REDACTION
    version: str = field(default_factory=installed_version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renderer:
    """One format. `shared`: made to be passed on, so redacted unless told otherwise; `needs`: an optional package.

    `quotes`: it shows the lines that findings cite. `parts`: the same document piece by piece, where it may be as large as
    the log. `remarks`: what its reader should be told beside it, such as runs that it cannot show.
    """

    name: str
    suffixes: tuple[str, ...]
    render: Callable[[Report, Options], Document]
    binary: bool = False
    shared: bool = True
    needs: str | None = None
    quotes: bool = False
    parts: Callable[[Report, Options], Iterator[str]] | None = None
    remarks: Callable[[Report], Iterator[str]] | None = None
