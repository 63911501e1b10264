"""When which phase had the server, with loads, unloads, failures and passed limits as marks."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from analyzer.figures.base import Figure, FigureKind, Words, label, plot, time_axis
from analyzer.figures.placing import Axis, Mark, MarkKind, PlacedSpan, Placement, place_value, placement, time_range
from analyzer.palette import BAD, LOOK, NEUTRAL, PHASE_COLORS
from analyzer.renderers.words import PHASES, joined, seconds, span
from analyzer.report import Report
from analyzer.runs.model import Evidence, Phase, Run
from analyzer.units import format_share, plural

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MOST_SPANS = 60_000
_MOST_RUNS = 20_000
_MOST_MARKS = 1500
_LANES = 12
_HALF_LANE = 0.24
# More parts of one phase are one outline, and the hover says only whose they are.
_MOST_LINES = 2000
_LANE_PIXELS = 34
_MARKS: Mapping[MarkKind, tuple[str, str, int]] = {
    MarkKind.LOAD: ("triangle-down", PHASE_COLORS[Phase.MODEL_LOAD], 9),
    MarkKind.RELOAD: ("triangle-down-open", PHASE_COLORS[Phase.MODEL_LOAD], 9),
    MarkKind.UNLOAD: ("triangle-up-open", NEUTRAL, 9),
    MarkKind.SOFT_OOM: ("diamond", LOOK, 9),
    MarkKind.OOM: ("x", BAD, 10),
    MarkKind.FAILURE: ("x-open", BAD, 10),
    MarkKind.LIMIT: ("line-ns-open", BAD, 22),
}


def draw(report: Report, words: Words) -> Figure | None:
    """One lane per log; by the clock where any run has stamps, else run behind run."""
    placed = placement(report)
    if not placed.runs:
        return None
    lanes = _lanes(placed)
    kept = Placement(axis=placed.axis, runs=[(run, begin) for run, begin in placed.runs if run.source in lanes][-_MOST_RUNS:])
    spans, whole = _spans(kept)
    figure = plot(height=120 + _LANE_PIXELS * 2 * len(lanes))
    by_phase: defaultdict[Phase, list[PlacedSpan]] = defaultdict(list)
    for part in spans:
        by_phase[part.phase].append(part)
    for phase in Phase:
        if by_phase[phase]:
            _add_phase(figure, phase, by_phase[phase], lanes, kept.axis)
    hidden = _add_marks(figure, kept, lanes, words)
    _add_axes(figure, lanes, kept, words)
    return Figure(
        plot=figure,
        caption=_sentences(_caption(report, placed, kept, whole=whole, hidden=hidden)),
        summary=_summary(spans, kept),
        axis="time" if kept.axis is Axis.TIME else None,
    )


def _lanes(placed: Placement) -> dict[str, int]:
    """The logs with most runs, in their order."""
    runs = Counter(run.source for run, _ in placed.runs)
    most = {source for source, _ in runs.most_common(_LANES)}
    return {source: place for place, source in enumerate(source for source in runs if source in most)}


def _spans(kept: Placement) -> tuple[list[PlacedSpan], bool]:
    """The phases; where they are too many for a browser, each run under its biggest phase."""
    spans = list(islice(kept.spans(), _MOST_SPANS + 1))
    if len(spans) <= _MOST_SPANS:
        return spans, True
    return [_biggest(run, begin) for run, begin in kept.runs], False


def _biggest(run: Run, begin: float) -> PlacedSpan:
    phase = max(run.phases, key=lambda time: time.seconds).phase if run.phases else Phase.OTHER
    return PlacedSpan(
        run=run,
        phase=phase,
        begin=begin,
        seconds=run.total_seconds or 0.0,
        evidence=Evidence.MEASURED,
        first_line=run.first_line,
        last_line=run.last_line,
    )


def _add_phase(figure: "go.Figure", phase: Phase, spans: Sequence[PlacedSpan], lanes: Mapping[str, int], axis: Axis) -> None:
    """Thick lines, whose middle is there to be pointed at; a browser draws each as an element of its own."""
    if len(spans) > _MOST_LINES:
        _add_outlines(figure, phase, spans, lanes, axis)
        return
    x: list[float | None] = []
    for part in spans:
        begin, end = place_value(part.begin, axis), place_value(part.begin + part.seconds, axis)
        x += [begin, (begin + end) / 2, end, None]
    figure.add_scatter(
        x=x,
        y=[lanes[part.run.source] for part in spans for _ in range(4)],
        name=PHASES[phase],
        mode="lines",
        connectgaps=False,
        line={"width": _LANE_PIXELS, "color": PHASE_COLORS[phase], "simplify": False},
        customdata=[row for part in spans for row in [_about(part)] * 4],
        hovertemplate=f"run %{{customdata[0]}}, {PHASES[phase]}: %{{customdata[1]}}<extra></extra>",
    )


def _add_outlines(figure: "go.Figure", phase: Phase, spans: Sequence[PlacedSpan], lanes: Mapping[str, int], axis: Axis) -> None:
    """One outline per lane, up and down along the time: a single element, however many parts it has."""
    import numpy as np

    for number, (source, lane) in enumerate(lanes.items()):
        parts = [part for part in spans if part.run.source == source]
        begin = np.array([place_value(part.begin, axis) for part in parts])
        end = np.array([place_value(part.begin + part.seconds, axis) for part in parts])
        low, high = lane + _HALF_LANE, lane - _HALF_LANE
        figure.add_scatter(
            x=np.column_stack([begin, begin, end, end]).ravel(),
            y=np.tile(np.array([low, high, high, low], dtype=np.float32), len(parts)),
            name=PHASES[phase],
            legendgroup=phase.value,
            showlegend=number == 0,
            mode="lines",
            line={"width": 0, "color": PHASE_COLORS[phase]},
            fill="toself",
            fillcolor=PHASE_COLORS[phase],
            hoveron="points",
            customdata=np.repeat(np.array([part.run.number for part in parts], dtype=np.int32), 4),
            hovertemplate=f"run %{{customdata}}, {PHASES[phase]}<extra></extra>",
        )


def _about(part: PlacedSpan) -> list[Any]:
    share = format_share(part.seconds / part.run.total_seconds) if part.run.total_seconds else ""
    where = span(part.first_line, part.last_line)
    return [part.run.number, joined((f"{seconds(part.seconds)} ({share} of the run)", part.evidence.value, where))]


def _add_marks(figure: "go.Figure", kept: Placement, lanes: Mapping[str, int], words: Words) -> int:
    """Marks over the lane; how many were left out."""
    by_kind: defaultdict[MarkKind, list[Mark]] = defaultdict(list)
    hidden = 0
    for mark in kept.marks():
        if len(by_kind[mark.kind]) < _MOST_MARKS:
            by_kind[mark.kind].append(mark)
        else:
            hidden += 1
    for kind in MarkKind:
        if by_kind[kind]:
            _add_kind(figure, kind, by_kind[kind], lanes, kept.axis, words)
    return hidden


def _add_kind(
    figure: "go.Figure", kind: MarkKind, marks: Sequence[Mark], lanes: Mapping[str, int], axis: Axis, words: Words
) -> None:
    symbol, color, size = _MARKS[kind]
    above = 0.0 if kind is MarkKind.LIMIT else -0.36 if kind is MarkKind.UNLOAD else 0.36
    figure.add_scatter(
        x=[place_value(mark.at, axis) for mark in marks],
        y=[lanes[mark.run.source] + above for mark in marks],
        name=kind.value,
        mode="markers",
        marker={"symbol": symbol, "size": size, "color": color, "line": {"width": 2, "color": color}},
        customdata=[[mark.run.number, label(mark.text, words, 90), span(mark.line, None)] for mark in marks],
        hovertemplate=f"run %{{customdata[0]}}, {kind.value}: %{{customdata[1]}} %{{customdata[2]}}<extra></extra>",
    )


def _add_axes(figure: "go.Figure", lanes: Mapping[str, int], kept: Placement, words: Words) -> None:
    """Lanes are named inside the figure, so that the time axis begins where those of others begin."""
    for source, lane in lanes.items():
        figure.add_annotation(
            x=0, xref="paper", y=lane - 0.5, text=label(_short(source), words), showarrow=False, xanchor="left", font={"size": 12}
        )
    figure.update_yaxes(showticklabels=False, range=[len(lanes) - 0.4, -0.75], showgrid=False, fixedrange=True)
    if kept.axis is Axis.TIME:
        time_axis(figure, *time_range(kept))
    else:
        figure.update_xaxes(title_text="seconds of work, run behind run")


def _short(source: str) -> str:
    return source.replace("\\", "/").rsplit("/", 1)[-1]


def _sentences(parts: Iterable[str]) -> str:
    return " ".join(part for part in parts if part)


def _caption(report: Report, placed: Placement, kept: Placement, *, whole: bool, hidden: int) -> Iterable[str]:
    if placed.axis is Axis.ORDER:
        yield "The log has no time stamps: this is order, not time. Phases with a bar stand in log order, the rest behind them."
    else:
        yield "Times are UTC where the log tells its zone, else the log's own clock."
    if not whole:
        yield f"More than {_MOST_SPANS:,} phases: each run is drawn in the colour of its biggest one."
    if len(kept.runs) < len(placed.runs):
        yield f"{plural(len(placed.runs) - len(kept.runs), 'earlier run')} not shown."
    without = sum(1 for run in report.runs if run.total_seconds) - len(placed.runs)
    if without > 0:
        yield f"{plural(without, 'run')} without stamps not shown."
    if hidden:
        yield f"{plural(hidden, 'further mark')} not shown."


def _summary(spans: Sequence[PlacedSpan], kept: Placement) -> str:
    return f"{plural(len(kept.runs), 'run')} in {plural(len(spans), 'part')}; the runs' tables have every figure."


TIMELINE = FigureKind(name="timeline", title="Timeline", draw=draw)
