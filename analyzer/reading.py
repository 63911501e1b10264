"""One log's pieces to what it says: runs with budgets, server starts, requests, unrecognised lines. Pure; streams."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from analyzer.analysis import MOST_ACCOUNTS, MOST_SAMPLES, SourceInfo, Unparsed, UnparsedLine
from analyzer.budgets import with_budget
from analyzer.cuts import beginning
from analyzer.events import Event
from analyzer.lines import Piece
from analyzer.parse import OnUnrecognised, Parser
from analyzer.runs.assemble import RunAssembler
from analyzer.runs.model import Outcome, Requests, Run, ServerStart
from analyzer.runs.table import DOUBTFUL, RunTable
from analyzer.units import plural
from analyzer.vram.series import GpuSeries


class Through(Protocol):
    """Something that events pass on their way: it may hold them back until `finish`."""

    def feed(self, event: Event, /) -> None: ...
    def finish(self) -> None: ...


_LONGEST_SAMPLE = 300
# Lines that begin alike are taken for one kind without a closer look.
_TELLING_BYTES = 24
_MOST_SEEN = 10_000
_MOST_GAPS = 5
_VARIABLE = re.compile(r"\d+|0x[0-9a-f]+")
# The beginning of a path, up to the part that names a user.
_SEPARATOR = rb"(?:[\\/]{1,8}|%5[Cc]|%2[Ff])"
_ACCOUNT = re.compile(
    rb"(?:[A-Za-z]:|/mnt/[a-z])?"
    + _SEPARATOR
    + rb"(?:home|[Uu]sers|USERS)"
    + _SEPARATOR
    # A name with spaces ends at the next separator, else it would be the sentence behind the path.
    + rb"(?:[^\\/:*?\"<>|\r\n]{1,64}[\\/]|[^\\/:*?\"<>|\s]{1,64})"
)
# Looked for at the beginning of a log, where the server starts: looked for in all of a big one it costs reading 7 %.
_ACCOUNT_LINES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReading:
    """What one log says. A log may consist of several files, the parts of a rotated set. `vram`: curves sampled beside it."""

    sources: tuple[SourceInfo, ...]
    runs: Sequence[Run]
    server_starts: tuple[ServerStart, ...]
    requests: Requests
    unparsed: Unparsed
    vram: tuple[GpuSeries, ...] = ()
    accounts: tuple[str, ...] = ()


@dataclass(slots=True)
class _FileSoFar:
    """The file that is being read. `bars`, `repaired`: what there were before it."""

    bars: int = 0
    repaired: int = 0
    lines: int = 0
    first_at: float | None = None
    last_at: float | None = None


class Beginnings:
    """The lines that no wording takes, of those that begin alike the first: whatever a reader samples is among them."""

    def __init__(self) -> None:
        self.lines: dict[bytes, tuple[int, bytes]] = {}

    def note(self, line: int, text: bytes) -> None:
        telling = text[:_TELLING_BYTES]
        if telling not in self.lines and len(self.lines) < _MOST_SEEN:
            self.lines[telling] = line, text[: 2 * _LONGEST_SAMPLE]


class LogReader:
    """Reads one log piece by piece, from files or as it is written; `result` ends it.

    `expects_bars`: whether this container would show progress bars if there were any; their absence then means something.
    `keep_events_of`: the number of the run whose events are kept. `on_unrecognised` gets every line that no wording takes.
    """

    def __init__(
        self,
        *,
        expects_bars: bool = True,
        keep_events_of: int | None = None,
        on_unrecognised: OnUnrecognised | None = None,
        through: Callable[[Callable[[Event], None]], Through] | None = None,
    ) -> None:
        self._expects_bars = expects_bars
        self._on_unrecognised = on_unrecognised
        self._assembler = RunAssembler(finish=with_budget, keep_events_of=keep_events_of)
        self._through = through(self._assembler.feed) if through else None
        self._parser = Parser(self._through.feed if self._through else self._assembler.feed, self._unrecognised)
        self._samples: dict[str, UnparsedLine] = {}
        self._seen: set[bytes] = set()
        self._sources: list[SourceInfo] = []
        self._accounts: dict[bytes, None] = {}
        self._name = ""
        self._file = _FileSoFar()

    def read(self, name: str, pieces: Iterable[Piece], describe: Callable[[], SourceInfo] | None = None) -> None:
        """Reads one file's pieces to their end. `describe` is asked afterwards, when a stream knows its size and encoding."""
        self.begin(name)
        self.go_through(pieces)
        self.end(describe() if describe else SourceInfo(name=name))

    def begin(self, name: str) -> None:
        """A file begins."""
        self._name = self._assembler.source = name
        self._file = _FileSoFar(bars=self._parser.bars, repaired=self._parser.repaired)

    def go_through(self, pieces: Iterable[Piece]) -> None:
        """Reads on in the file."""
        feed, file = self._parser.feed, self._file
        first_at, last_at, lines = file.first_at, file.last_at, file.lines
        for piece in pieces:
            number, at, text = piece
            if number > lines:  # a record that goes on later is numbered by its beginning
                lines = number
            if at is not None:
                first_at = at if first_at is None else first_at
                last_at = at
            if number < _ACCOUNT_LINES and (b"home" in text or b"sers" in text):
                self._note_accounts(text)
            feed(piece)
        self._parser.flush()
        file.first_at, file.last_at, file.lines = first_at, last_at, lines

    @property
    def lines(self) -> int:
        """The lines of the file so far."""
        return self._file.lines

    def end(self, source: SourceInfo) -> None:
        """The file ends. `source`: what is known of it otherwise."""
        file, parser = self._file, self._parser
        self._sources.append(
            replace(
                source,
                lines=file.lines,
                first_at=file.first_at,
                last_at=file.last_at,
                bars=parser.bars - file.bars,
                repaired_lines=parser.repaired - file.repaired,
                notes=(*source.notes, *self._gaps()),
            )
        )

    def result(self) -> LogReading:
        """What the log says. The log is over with this call."""
        if self._through:
            self._through.finish()
        assembler, parser = self._assembler, self._parser
        assembler.finish()
        runs = assembler.runs if isinstance(assembler.runs, RunTable) else tuple(assembler.runs)
        silent = self._expects_bars and assembler.error_stream_missing
        return LogReading(
            sources=tuple(replace(source, error_stream_missing=silent) for source in self._sources),
            runs=_without_errors(runs) if silent else runs,
            server_starts=assembler.server_starts,
            requests=assembler.requests,
            unparsed=Unparsed(lines=parser.unrecognised, of_lines=parser.lines, samples=tuple(self._samples.values())),
            accounts=tuple(path.decode("utf-8", "replace") for path in self._accounts),
        )

    def _gaps(self) -> Iterator[str]:
        """What the recorder could not write into the file that has been read."""
        gaps, self._assembler.gaps = self._assembler.gaps, []
        for gap in gaps[:_MOST_GAPS]:
            yield f"L{gap.line}: {plural(gap.records, 'record')} could not be written before this line: {gap.reason}"
        if len(gaps) > _MOST_GAPS:
            yield f"{plural(len(gaps) - _MOST_GAPS, 'more gap')} in the recording"

    def _note_accounts(self, text: bytes) -> None:
        """Most lines with a path say nothing else that is kept; the user's name in it may stand in others that do."""
        for found in _ACCOUNT.findall(text):
            if len(self._accounts) < MOST_ACCOUNTS:
                self._accounts.setdefault(found)

    def _unrecognised(self, line: int, text: bytes) -> None:
        if self._on_unrecognised:
            self._on_unrecognised(line, text)
        if len(self._samples) < MOST_SAMPLES:
            self._sample(line, text)

    def sample_all(self, lines: Iterable[tuple[int, bytes]]) -> None:
        """Samples lines that no wording takes and that have been counted elsewhere."""
        for line, text in lines:
            if len(self._samples) < MOST_SAMPLES:
                self._sample(line, text)

    def _sample(self, line: int, text: bytes) -> None:
        """Keeps the first few lines that differ in more than their numbers."""
        telling = text[:_TELLING_BYTES]
        if telling in self._seen or len(self._seen) >= _MOST_SEEN:
            return
        self._seen.add(telling)
        shown = beginning(text[: 2 * _LONGEST_SAMPLE].decode("utf-8", "replace"), _LONGEST_SAMPLE)
        self._samples.setdefault(_VARIABLE.sub("#", shown), UnparsedLine(source=self._name, line=line, text=shown))


def _without_errors(runs: Sequence[Run]) -> Sequence[Run]:
    """Without the error stream a run that ended may have failed."""
    if isinstance(runs, RunTable):
        return runs.without_errors()
    return [replace(run, outcome=Outcome.UNKNOWN) if run.outcome in DOUBTFUL else run for run in runs]
