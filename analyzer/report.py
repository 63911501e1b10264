"""The report: all logs together, what the rules found, and the timeout advice."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import chain
from typing import TYPE_CHECKING

from analyzer.analysis import Analysis, Budget, Unparsed
from analyzer.findings import find_all
from analyzer.findings.base import Finding
from analyzer.lines import Piece
from analyzer.reading import LogReader, LogReading
from analyzer.runs.model import Requests, Run, ServerStart
from analyzer.runs.table import RunTable, gathered
from analyzer.timeouts.advice import TimeoutAdvice
from analyzer.window import Window
from analyzer.workflows import Naming

if TYPE_CHECKING:
    import pandas
    import plotly.graph_objects as go


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A log line as it stands in its source."""

    source: str
    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Analysis):
    """What `comfymeter report` shows and every renderer gets. `findings` are sorted worst first.

    `quotes`: the lines that findings cite, where someone fetched them (see `quoting`).
    """

    findings: tuple[Finding, ...] = ()
    timeout: TimeoutAdvice | None = None
    quotes: tuple[Quote, ...] = ()

    def to_frames(self) -> "dict[str, pandas.DataFrame]":
        """All tables as pandas DataFrames: `runs`, `phases`, `passes`, `bars`, `loads`, `unloads`, `detections`, `vram`,
        `findings`."""
        from analyzer.tables import tables  # half a second of import that only this call needs

        return tables(self)

    @property
    def figures(self) -> "Mapping[str, go.Figure]":
        """Plotly figures by name: `runs`, `timeline`, `vram`, `budget`, `durations`, `steps`; those that would be empty lack."""
        from analyzer.figures import Figures

        return Figures(self)

    def _repr_html_(self) -> str:
        """What a notebook shows: the page of `-o report.html` in a frame of its own."""
        from analyzer.renderers.html import notebook

        return notebook(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a report is asked: the limit to judge by, and which runs to look at."""

    limit_seconds: float | None = None
    workflow: str | None = None
    window: Window | None = None
    naming: Naming = field(default_factory=Naming)

    @property
    def selective(self) -> bool:
        """Whether it leaves any run out."""
        return self.workflow is not None or self.window is not None

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


def build_report(readings: Sequence[LogReading], question: Question, *, advice: bool = True) -> Report:
    """The report on any number of logs. Runs and server starts are numbered through in the order of the logs. `advice`: whether
    timeouts are worked out, which takes longer than all the rest of a small log."""
    analysis = combine(readings, question)
    values = {name.name: getattr(analysis, name.name) for name in fields(Analysis)}
    return Report(**values, findings=find_all(analysis), timeout=_advice(analysis) if advice else None)


def _advice(analysis: Analysis) -> TimeoutAdvice | None:
    if not analysis.runs:
        return None
    from analyzer.advising import observations_of  # numpy, which only a report with runs needs
    from analyzer.timeouts.recommend import advise

    limits = sorted({run.limit_seconds for run in analysis.runs if run.limit_seconds is not None})
    found = observations_of(analysis.runs, analysis.server_starts, analysis.limit_seconds)
    return advise(found, limits=limits) if found.modes else None


def combine(readings: Sequence[LogReading], question: Question) -> Analysis:
    """Several logs as one analysis; only the runs asked about."""
    starts: list[ServerStart] = []
    parts: list[Sequence[Run]] = []
    requests, unparsed, count = Requests(), Unparsed(), 0
    for reading in readings:
        parts.append(_placed(reading.runs, count, len(starts), question.limit_seconds))
        starts += [replace(start, number=start.number + len(starts)) for start in reading.server_starts]
        count += len(reading.runs)
        requests += reading.requests
        unparsed += reading.unparsed
    chosen = _chosen(parts, question)
    return Analysis(
        sources=tuple(source for reading in readings for source in reading.sources),
        server_starts=tuple(starts),
        requests=requests,
        runs=chosen,
        budget=Budget.of(chosen),
        unparsed=unparsed,
        limit_seconds=question.limit_seconds,
        vram=tuple(series for reading in readings for series in reading.vram),
    )


def _placed(runs: Sequence[Run], before: int, servers_before: int, limit_seconds: float | None) -> Sequence[Run]:
    """One log's runs numbered among all; most often they are as they are."""
    if not (before or servers_before or limit_seconds):
        return runs
    if isinstance(runs, RunTable):
        return runs.placed(before, servers_before, limit_seconds)
    return [
        replace(
            run,
            number=run.number + before,
            server_number=run.server_number + servers_before if run.server_number else 0,
            limit_seconds=limit_seconds,
        )
        for run in runs
    ]


def _chosen(parts: Sequence[Sequence[Run]], question: Question) -> Sequence[Run]:
    """The runs asked about, under the users' names. The common case, all runs of one big log, copies nothing."""
    runs: Iterable[Run] = chain.from_iterable(parts)
    if question.naming:
        runs = question.naming.apply(runs, question.limit_seconds)
    elif len(parts) == 1 and isinstance(parts[0], RunTable):
        return parts[0].select(question.selects) if question.selective else parts[0]
    return gathered(filter(question.selects, runs))
