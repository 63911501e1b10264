"""Each run as a column of its phases, in log order, against the limit."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.figures.base import Figure, FigureKind, Words, label, line_at, plot, run_axis
from analyzer.palette import BAD, LIMIT, PHASE_COLORS, RECOMMENDED
from analyzer.renderers.headline import headline
from analyzer.renderers.words import OUTCOMES, PHASES, seconds
from analyzer.report import Report
from analyzer.runs.model import Outcome, Phase, Run
from analyzer.units import plural

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Columns of their own up to here; then one outline per phase, which a browser draws at once.
_MOST_COLUMNS = 300
_MOST_POINTS = 10_000
_MOST_MARKS = 2000
_BAD = frozenset({Outcome.ERROR, Outcome.OOM, Outcome.INTERRUPTED, Outcome.CUT_OFF})


@dataclass(frozen=True, slots=True)
class _Column:
    """One run, or the mean of some in a row."""

    first: int
    last: int
    phases: dict[Phase, float]
    slowest: Run

    @property
    def middle(self) -> float:
        return (self.first + self.last) / 2


def draw(report: Report, words: Words) -> Figure | None:
    """Stacked columns; marks over the runs that failed or were given up on."""
    runs = [run for run in report.runs if run.phases]
    if not runs:
        return None
    each = -(-len(runs) // _MOST_POINTS)
    columns = list(_columns(runs, each))
    figure = plot(height=380, barmode="stack", bargap=0.15)
    for phase in Phase:
        if any(phase in column.phases for column in columns):
            _add_phase(figure, phase, columns, grouped=each > 1)
    if each > 1:
        _add_slowest(figure, columns)
    _add_marks(figure, runs, words)
    if report.limit_seconds is not None:
        line_at(figure, report.limit_seconds, f"limit {seconds(report.limit_seconds)}", LIMIT)
    recommended = report.timeout.overall.recommended_seconds if report.timeout else None
    longest = max(run.total_seconds or 0.0 for run in runs)
    if recommended is not None and recommended <= 2 * max(longest, report.limit_seconds or 0.0):
        line_at(figure, recommended, f"recommended {seconds(recommended)}", RECOMMENDED, dash="dot")
    figure.update_yaxes(title_text="seconds", rangemode="tozero")
    run_axis(figure, len(runs))
    return Figure(plot=figure, caption=_caption(len(runs), len(report.runs), each), summary=headline(report))


def _columns(runs: Sequence[Run], each: int) -> Iterator[_Column]:
    for start in range(0, len(runs), each):
        group = runs[start : start + each]
        totals: dict[Phase, float] = {}
        for run in group:
            for time in run.phases:
                totals[time.phase] = totals.get(time.phase, 0.0) + time.seconds / len(group)
        slowest = max(group, key=lambda run: run.total_seconds or 0.0)
        yield _Column(first=group[0].number, last=group[-1].number, phases=totals, slowest=slowest)


def _add_phase(figure: "go.Figure", phase: Phase, columns: Sequence[_Column], *, grouped: bool) -> None:
    import numpy as np

    color, name = PHASE_COLORS[phase], PHASES[phase]
    values = [column.phases.get(phase, 0.0) for column in columns]
    if len(columns) <= _MOST_COLUMNS:
        figure.add_bar(
            x=[column.first for column in columns],
            y=values,
            name=name,
            customdata=[[column.first, seconds(value)] for column, value in zip(columns, values, strict=True)],
            hovertemplate=f"run %{{customdata[0]}}, {name}: %{{customdata[1]}}<extra></extra>",
            marker={"color": color, "line": {"width": 0}},
        )
        return
    figure.add_scatter(
        x=np.array([column.middle for column in columns], dtype=np.float32),
        y=np.array(values, dtype=np.float32),
        name=name,
        stackgroup="phases",
        mode="lines",
        line={"width": 0, "shape": "hvh", "color": color},
        fillcolor=color,
        customdata=np.array([column.slowest.number for column in columns], dtype=np.int32),
        hovertemplate=f"{'runs around' if grouped else 'run'} %{{customdata}}, {name}: %{{y:.4~g}} s<extra></extra>",
    )


def _add_slowest(figure: "go.Figure", columns: Sequence[_Column]) -> None:
    figure.add_scatter(
        x=[column.middle for column in columns],
        y=[column.slowest.total_seconds for column in columns],
        name="slowest of them",
        mode="lines",
        line={"width": 1, "color": BAD},
        customdata=[[column.slowest.number, seconds(column.slowest.total_seconds)] for column in columns],
        hovertemplate="run %{customdata[0]}, the slowest here: %{customdata[1]}<extra></extra>",
    )


def _add_marks(figure: "go.Figure", runs: Iterable[Run], words: Words) -> None:
    marked = [run for run in runs if run.outcome in _BAD or run.client_timeout][:_MOST_MARKS]
    if marked:
        figure.add_scatter(
            x=[run.number for run in marked],
            y=[run.total_seconds for run in marked],
            name="failed or given up on",
            mode="markers",
            marker={"symbol": "x", "size": 8, "color": BAD, "line": {"width": 1, "color": "#ffffff"}},
            customdata=[[run.number, _why(run), label(run.workflow.name, words)] for run in marked],
            hovertemplate="run %{customdata[0]}: %{customdata[1]}<br>%{customdata[2]}<extra></extra>",
        )


def _why(run: Run) -> str:
    gave_up = ", the client gave up" if run.client_timeout else ""
    return f"{OUTCOMES[run.outcome]}{gave_up}, {seconds(run.total_seconds)}"


def _caption(shown: int, of: int, each: int) -> str:
    without = f" {plural(of - shown, 'run')} without any time left out." if shown < of else ""
    if each > 1:
        return f"Each point is the mean of {each} runs in a row; the line is the slowest of them.{without}"
    return f"One column per run, its phases stacked. A click opens the run.{without}"


RUNS = FigureKind(name="runs", title="Runs", draw=draw)
