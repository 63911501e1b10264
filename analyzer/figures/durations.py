"""How long runs take, with the limit and the recommended timeout."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from analyzer.figures.base import Figure, FigureKind, Words, label, line_at, plot
from analyzer.palette import LIMIT, LOOK, PHASE_COLORS, RECOMMENDED
from analyzer.renderers.words import joined, seconds
from analyzer.report import Report
from analyzer.runs.model import Outcome, Phase, Run
from analyzer.units import plural

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Below this many runs each is a point: bins would invent a shape.
_FEWEST_FOR_BINS = 20
_MOST_BINS = 60


def draw(report: Report, words: Words) -> Figure | None:
    """A histogram; of few runs the runs themselves."""
    runs = [run for run in report.runs if run.used_seconds and run.outcome is not Outcome.CACHED]
    if not runs:
        return None
    finished = [run for run in runs if run.outcome is Outcome.SUCCESS]
    others = [run for run in runs if run.outcome is not Outcome.SUCCESS]
    figure = plot(height=320, barmode="stack", bargap=0.04)
    if len(runs) < _FEWEST_FOR_BINS:
        _points(figure, finished, others, words)
    else:
        _bins(figure, finished, others)
    recommended = _recommended(figure, report)
    if report.limit_seconds is not None:
        line_at(figure, report.limit_seconds, f"limit {seconds(report.limit_seconds)}", LIMIT, axis="x")
    figure.update_xaxes(title_text="seconds (queue wait included where known)", rangemode="tozero")
    return Figure(plot=figure, caption=_caption(runs, others), summary=_summary(runs, recommended))


def _points(figure: "go.Figure", finished: Sequence[Run], others: Sequence[Run], words: Words) -> None:
    for runs, name, color, symbol in (
        (finished, "finished", PHASE_COLORS[Phase.SAMPLE], "circle"),
        (others, "not finished", LOOK, "x"),
    ):
        if runs:
            figure.add_scatter(
                x=[run.used_seconds for run in runs],
                y=[run.number for run in runs],
                name=name,
                mode="markers",
                marker={"size": 11, "color": color, "symbol": symbol},
                customdata=[[run.number, seconds(run.used_seconds), label(run.workflow.name, words)] for run in runs],
                hovertemplate="run %{customdata[0]}: %{customdata[1]}<br>%{customdata[2]}<extra></extra>",
            )
    figure.update_yaxes(title_text="run", autorange="reversed", tickformat="d", nticks=6)


def _bins(figure: "go.Figure", finished: Sequence[Run], others: Sequence[Run]) -> None:
    import numpy as np

    every = np.array([run.used_seconds for run in (*finished, *others)], dtype=float)
    edges = np.histogram_bin_edges(every, bins="fd" if np.ptp(every) > 0 else 1)
    if len(edges) > _MOST_BINS + 1:
        edges = np.linspace(float(every.min()), float(every.max()), _MOST_BINS + 1)
    for runs, name, color in ((finished, "finished", PHASE_COLORS[Phase.SAMPLE]), (others, "not finished", LOOK)):
        if runs:
            counts, _ = np.histogram([run.used_seconds or 0.0 for run in runs], bins=edges)
            figure.add_bar(
                x=((edges[:-1] + edges[1:]) / 2).tolist(),
                y=counts.tolist(),
                width=np.diff(edges).tolist(),
                name=name,
                marker={"color": color, "line": {"width": 0}},
                customdata=[[seconds(float(low)), seconds(float(high))] for low, high in pairwise(edges)],
                hovertemplate="%{y} runs between %{customdata[0]} and %{customdata[1]}<extra>" + name + "</extra>",
            )
    figure.update_yaxes(title_text="runs", rangemode="tozero")


def _recommended(figure: "go.Figure", report: Report) -> float | None:
    overall = report.timeout.overall if report.timeout else None
    if overall is None or overall.recommended_seconds is None:
        return None
    if overall.recommended_interval_seconds:
        low, high = overall.recommended_interval_seconds
        figure.add_vrect(x0=low, x1=high, fillcolor=RECOMMENDED, opacity=0.12, line_width=0)
    text = f"recommended {seconds(overall.recommended_seconds)}"
    line_at(figure, overall.recommended_seconds, text, RECOMMENDED, axis="x", dash="dot")
    return overall.recommended_seconds


def _caption(runs: Sequence[Run], others: Sequence[Run]) -> str:
    unfinished = f" {plural(len(others), 'run')} did not finish: at least as long as shown." if others else ""
    return f"The band is where the recommended timeout lies, given how few or many runs there are.{unfinished}"


def _summary(runs: Sequence[Run], recommended: float | None) -> str:
    from statistics import median

    taken = [run.used_seconds or 0.0 for run in runs]
    advice = "" if recommended is None else f"recommended timeout {seconds(recommended)}"
    return joined((plural(len(runs), "run"), f"median {seconds(median(taken))}", f"longest {seconds(max(taken))}", advice))


DURATIONS = FigureKind(name="durations", title="How long runs take", draw=draw)
