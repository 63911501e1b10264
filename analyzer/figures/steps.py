"""How fast the sampler goes, pass by pass over the runs."""

from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING

from analyzer.figures.base import Figure, FigureKind, Words, label, plot, run_axis
from analyzer.palette import PASS_COLORS
from analyzer.renderers.words import count, seconds, span
from analyzer.report import Report
from analyzer.runs.model import ProgressBar, Run
from analyzer.units import plural

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MOST_POINTS = 3000
_Found = tuple[Run, ProgressBar]


def draw(report: Report, words: Words) -> Figure | None:
    """Points by run and seconds per step; first, second, … pass of a run in colours of their own."""
    by_place: dict[int, list[_Found]] = {}
    for run in report.runs:
        for place, bar in enumerate(run.passes):
            if bar.seconds_per_step is not None:
                by_place.setdefault(min(place, len(PASS_COLORS) - 1), []).append((run, bar))
    if not by_place:
        return None
    total = sum(map(len, by_place.values()))
    each = -(-total // _MOST_POINTS)
    figure = plot(height=320)
    for place in sorted(by_place):
        add = _add_points if each == 1 else _add_medians
        add(figure, place, by_place[place], words, each)
    figure.update_yaxes(title_text="seconds per step", rangemode="tozero")
    run_axis(figure, len(report.runs))
    return Figure(plot=figure, caption=_caption(each), summary=_summary(by_place))


def _add_points(figure: "go.Figure", place: int, found: Sequence[_Found], words: Words, each: int) -> None:
    figure.add_scatter(
        x=[run.number for run, _ in found],
        y=[bar.seconds_per_step for _, bar in found],
        name=_name(place),
        mode="markers",
        marker={"size": 8, "color": PASS_COLORS[place], "opacity": 0.85},
        customdata=[
            [
                run.number,
                seconds(bar.seconds_per_step),
                count(bar.steps),
                span(bar.line, bar.last_line),
                label(run.workflow.name, words),
            ]
            for run, bar in found
        ],
        hovertemplate="run %{customdata[0]}: %{customdata[1]} per step, %{customdata[2]} steps, %{customdata[3]}"
        "<br>%{customdata[4]}<extra></extra>",
    )


def _add_medians(figure: "go.Figure", place: int, found: Sequence[_Found], words: Words, each: int) -> None:
    groups = [found[start : start + each] for start in range(0, len(found), each)]
    figure.add_scatter(
        x=[group[len(group) // 2][0].number for group in groups],
        y=[median(bar.seconds_per_step or 0.0 for _, bar in group) for group in groups],
        name=_name(place),
        mode="lines",
        line={"color": PASS_COLORS[place], "width": 1.5},
        customdata=[[group[0][0].number, group[-1][0].number] for group in groups],
        hovertemplate="runs %{customdata[0]} to %{customdata[1]}: %{y:.3g} s per step<extra></extra>",
    )


def _name(place: int) -> str:
    last = len(PASS_COLORS) - 1
    return f"pass {place + 1}" if place < last else f"pass {place + 1} and later"


def _caption(each: int) -> str:
    return "One point per sampler pass." if each == 1 else f"The median of {each} passes in a row."


def _summary(by_place: dict[int, list[_Found]]) -> str:
    parts = []
    for place, found in sorted(by_place.items()):
        rates = [bar.seconds_per_step or 0.0 for _, bar in found]
        parts.append(f"{_name(place)}: median {seconds(median(rates))} per step over {plural(len(rates), 'run')}")
    return "; ".join(parts)


STEPS = FigureKind(name="steps", title="Seconds per step", draw=draw)
