"""The report: all logs together, what the rules found, and the timeout advice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING

from analyzer.analysis import Analysis, Budget, Unparsed
from analyzer.findings import find_all
from analyzer.findings.base import Finding
from analyzer.lines import Piece
from analyzer.reading import LogReader, LogReading
from analyzer.runs.model import Requests, Run, ServerStart
from analyzer.timeouts.advice import TimeoutAdvice
from analyzer.timeouts.first import advise
from analyzer.window import Window
from analyzer.workflows import Naming

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Analysis):
    """What `comfymeter report` shows and every renderer gets. `findings` are sorted worst first."""

    findings: tuple[Finding, ...] = ()
    timeout: TimeoutAdvice | None = None

    def to_frames(self) -> "dict[str, pandas.DataFrame]":
        """All tables as pandas DataFrames: `runs`, `phases`, `passes`, `bars`, `loads`, `unloads`, `detections`, `findings`."""
        from analyzer.tables import tables  # half a second of import that only this call needs

        return tables(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a report is asked: the limit to judge by, and which runs to look at."""

    limit_seconds: float | None = None
    workflow: str | None = None
    window: Window | None = None
    naming: Naming = field(default_factory=Naming)

    def selects(self, run: Run) -> bool:
        """Whether a run is asked about."""
        if self.workflow and self.workflow not in (run.workflow.name, run.workflow.signature):
            return False
        return self.window is None or self.window.holds(run)


def analyze_lines(pieces: Iterable[Piece], *, name: str = "log", question: Question | None = None) -> Report:
    """The report on one log given as pieces of text."""
    reader = LogReader()
    reader.read(name, pieces)
    return build_report([reader.result()], question or Question())


def build_report(readings: Sequence[LogReading], question: Question) -> Report:
    """The report on any number of logs. Runs and server starts are numbered through in the order of the logs."""
    analysis = combine(readings, question)
    values = {name.name: getattr(analysis, name.name) for name in fields(Analysis)}
    return Report(**values, findings=find_all(analysis), timeout=advise(analysis.runs))


def combine(readings: Sequence[LogReading], question: Question) -> Analysis:
    """Several logs as one analysis; only the runs asked about."""
    runs: list[Run] = []
    starts: list[ServerStart] = []
    requests, unparsed = Requests(), Unparsed()
    for reading in readings:
        offset = len(starts)
        starts += [replace(start, number=start.number + offset) for start in reading.server_starts]
        runs += [
            _placed(run, len(runs) + position, run.server_number + offset if run.server_number else 0, question.limit_seconds)
            for position, run in enumerate(reading.runs, 1)
        ]
        requests += reading.requests
        unparsed += reading.unparsed
    named = question.naming.apply(runs, question.limit_seconds) if question.naming else runs
    chosen = tuple(run for run in named if question.selects(run))
    return Analysis(
        sources=tuple(source for reading in readings for source in reading.sources),
        server_starts=tuple(starts),
        requests=requests,
        runs=chosen,
        budget=Budget.of(chosen),
        unparsed=unparsed,
        limit_seconds=question.limit_seconds,
    )


def _placed(run: Run, number: int, server_number: int, limit_seconds: float | None) -> Run:
    """The run with its number among all; most often it has it already."""
    if (run.number, run.server_number, run.limit_seconds) == (number, server_number, limit_seconds):
        return run
    return replace(run, number=number, server_number=server_number, limit_seconds=limit_seconds)
