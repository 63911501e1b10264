"""One log's pieces to what it says: runs with budgets, server starts, requests, unrecognised lines. Pure; streams."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from analyzer.analysis import MOST_SAMPLES, SourceInfo, Unparsed, UnparsedLine
from analyzer.budgets import with_budget
from analyzer.events import Event
from analyzer.lines import Piece
from analyzer.parse import OnUnrecognised, Parser
from analyzer.runs.assemble import RunAssembler
from analyzer.runs.model import Outcome, Requests, Run, ServerStart
from analyzer.runs.table import DOUBTFUL, RunTable
from analyzer.vram.series import GpuSeries


class Through(Protocol):
    """Something that events pass on their way: it may hold them back until `finish`."""

    def feed(self, event: Event, /) -> None: ...
    def finish(self) -> None: ...


_LONGEST_SAMPLE = 300
# Lines that begin alike are taken for one kind without a closer look.
_TELLING_BYTES = 24
_MOST_SEEN = 10_000
_VARIABLE = re.compile(r"\d+|0x[0-9a-f]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReading:
    """What one log says. A log may consist of several files, the parts of a rotated set. `vram`: curves sampled beside it."""

    sources: tuple[SourceInfo, ...]
    runs: Sequence[Run]
    server_starts: tuple[ServerStart, ...]
    requests: Requests
    unparsed: Unparsed
    vram: tuple[GpuSeries, ...] = ()


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
        self._name = ""

    def read(self, name: str, pieces: Iterable[Piece], describe: Callable[[], SourceInfo] | None = None) -> None:
        """Reads one file's pieces to their end. `describe` is asked afterwards, when a stream knows its size and encoding."""
        self._name = self._assembler.source = name
        parser = self._parser
        feed, bars, repaired = parser.feed, parser.bars, parser.repaired
        first_at = last_at = None
        number = 0
        for piece in pieces:
            number, at, _ = piece
            if at is not None:
                first_at = at if first_at is None else first_at
                last_at = at
            feed(piece)
        parser.flush()
        self._sources.append(
            replace(
                describe() if describe else SourceInfo(name=name),
                lines=number,
                first_at=first_at,
                last_at=last_at,
                bars=parser.bars - bars,
                repaired_lines=parser.repaired - repaired,
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
        )

    def _unrecognised(self, line: int, text: bytes) -> None:
        if self._on_unrecognised:
            self._on_unrecognised(line, text)
        if len(self._samples) < MOST_SAMPLES:
            self._sample(line, text)

    def _sample(self, line: int, text: bytes) -> None:
        """Keeps the first few lines that differ in more than their numbers."""
        beginning = text[:_TELLING_BYTES]
        if beginning in self._seen or len(self._seen) >= _MOST_SEEN:
            return
        self._seen.add(beginning)
        shown = text[:_LONGEST_SAMPLE].decode("utf-8", "replace")
        self._samples.setdefault(_VARIABLE.sub("#", shown), UnparsedLine(source=self._name, line=line, text=shown))


def _without_errors(runs: Sequence[Run]) -> Sequence[Run]:
    """Without the error stream a run that ended may have failed."""
    if isinstance(runs, RunTable):
        return runs.without_errors()
    return [replace(run, outcome=Outcome.UNKNOWN) if run.outcome in DOUBTFUL else run for run in runs]
