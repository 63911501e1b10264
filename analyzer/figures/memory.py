"""What is on the device: by the log's load and unload lines, and as it was sampled, on one axis."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from analyzer.events import UnloadMode
from analyzer.figures.base import Figure, FigureKind, Words, label, line_at, plot, time_axis
from analyzer.figures.placing import Axis, place_value, placement, time_range
from analyzer.palette import BAD, PASS_COLORS, PHASE_COLORS
from analyzer.renderers.words import joined, size
from analyzer.report import Report
from analyzer.runs.model import Load, Phase
from analyzer.runs.residency import Residency, device_bytes, residency
from analyzer.units import GIB, format_bytes, plural
from analyzer.vram.series import GpuSeries

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MOST_POINTS = 4000
_MOST_MARKED = 500
_MOST_SERIES = len(PASS_COLORS)


def draw(report: Report, words: Words) -> Figure | None:
    """Curves of samples, and a step line of what the lines say; the latter by the clock where the lines have stamps, else
    change by change."""
    devices = device_bytes(report.server_starts)
    found = [change for change in residency(report.runs, devices) if change.loaded_bytes is not None]
    stamped = [change for change in found if change.at is not None]
    series = report.vram[:_MOST_SERIES]
    # Samples have a clock; what has none cannot stand beside them.
    known = stamped if stamped or series else found
    if not known and not series:
        return None
    shown = (known if len(known) <= _MOST_POINTS else list(_changing(known)))[-_MOST_POINTS:]
    axis = Axis.TIME if stamped or series else Axis.ORDER
    figure = plot(height=300 if series else 260)
    for number, one in enumerate(series):
        _add_samples(figure, one, PASS_COLORS[number], alone=len(series) == 1)
    if shown:
        _add_by_log(figure, shown, axis, words, filled=not series)
    peak = max(
        [*(change.loaded_bytes or 0 for change in shown), *(point.used_max_bytes for one in series for point in one.points)]
    )
    totals = {total for total in (*devices.values(), *(one.total_bytes for one in series)) if total}
    if totals and (total := max(totals)) <= 4 * peak:
        line_at(figure, total / GIB, f"VRAM {format_bytes(total)}", BAD)
    figure.update_yaxes(title_text="GiB", rangemode="tozero")
    _set_axis(figure, report, axis)
    return Figure(
        plot=figure,
        caption=" ".join((*_caption_of_samples(report.vram), *_caption_by_log(shown, len(known)))),
        summary=_summary(shown, series),
        axis="time" if axis is Axis.TIME else None,
    )


def _set_axis(figure: "go.Figure", report: Report, axis: Axis) -> None:
    if axis is Axis.ORDER:
        figure.update_xaxes(title_text="load or unload, in log order", showgrid=False)
        return
    placed = placement(report)
    if placed.axis is Axis.TIME:
        time_axis(figure, *time_range(placed))
    else:
        figure.update_xaxes(type="date")


def _add_samples(figure: "go.Figure", series: GpuSeries, color: str, *, alone: bool) -> None:
    """The most of each stretch: a mean would hide what did not fit."""
    name = "" if alone else f" of GPU {series.gpu}"
    figure.add_scatter(
        x=[place_value(point.at, Axis.TIME) for point in series.points],
        y=[point.used_max_bytes / GIB for point in series.points],
        name=f"in use{name}, sampled",
        mode="lines",
        line={"color": color, "width": 1.8},
        customdata=[[None, format_bytes(point.used_max_bytes), format_bytes(point.used_min_bytes)] for point in series.points],
        hovertemplate="%{customdata[1]} in use at most, %{customdata[2]} at least<extra></extra>",
    )
    if any(point.process_bytes is not None for point in series.points):
        figure.add_scatter(
            x=[place_value(point.at, Axis.TIME) for point in series.points],
            y=[None if point.process_bytes is None else point.process_bytes / GIB for point in series.points],
            name=f"by the server's processes{name}, sampled",
            mode="lines",
            line={"color": color, "width": 1.4, "dash": "dot"},
            hovertemplate="%{y:.1f} GiB by the server's processes<extra></extra>",
        )


def _add_by_log(figure: "go.Figure", shown: Sequence[Residency], axis: Axis, words: Words, *, filled: bool) -> None:
    figure.add_scatter(
        x=[place_value(number if change.at is None else change.at, axis) for number, change in enumerate(shown, 1)],
        y=[(change.loaded_bytes or 0) / GIB for change in shown],
        name="models on the device, by the log",
        mode="lines+markers" if len(shown) <= _MOST_MARKED else "lines",
        line={"shape": "hv", "color": PHASE_COLORS[Phase.MODEL_LOAD], "width": 2},
        marker={"size": 5},
        fill="tozeroy" if filled else None,
        customdata=[[change.run.number, _what(change, words), size(change.loaded_bytes)] for change in shown],
        hovertemplate="run %{customdata[0]}: %{customdata[1]}<br>%{customdata[2]} on the device<extra></extra>",
    )


def _changing(found: Sequence[Residency]) -> Iterator[Residency]:
    """Those after which something else is on the device than before."""
    before: int | None = None
    for change in found:
        if change.loaded_bytes != before:
            yield change
        before = change.loaded_bytes


def _what(change: Residency, words: Words) -> str:
    done = change.change
    if isinstance(done, Load):
        return joined((f"{label(done.model or 'a model', words)} loaded", done.mode.value, f"L{change.line}"))
    how = "partly unloaded" if done.mode is UnloadMode.PARTIAL else "unloaded"
    return f"a model {how}, L{change.line}"


def _caption_of_samples(series: Sequence[GpuSeries]) -> Iterator[str]:
    if series:
        steps = max(one.step_seconds for one in series)
        yield f"Samples: the most in use within each {steps:g} s, by all programs together."
    if len(series) > _MOST_SERIES:
        yield f"{plural(len(series) - _MOST_SERIES, 'further GPU')} not drawn."


def _caption_by_log(shown: Sequence[Residency], of: int) -> Iterator[str]:
    if not shown:
        return
    yield "By the log: weights only, without images, activations and other programs. Where it does not say which models went,"
    yield "those needed longest ago are taken to be gone (inferred)."
    if len(shown) < of:
        yield f"{len(shown):,} of {of:,} load and unload lines are drawn, the last ones that change the sum."


def _summary(shown: Sequence[Residency], series: Sequence[GpuSeries]) -> str:
    parts = []
    for one in series:
        most = format_bytes(max(point.used_max_bytes for point in one.points))
        parts.append(f"GPU {one.gpu}: at most {most} in use, {plural(one.samples, 'sample')}")
    if shown:
        peak = max(change.loaded_bytes or 0 for change in shown)
        parts.append(f"at most {size(peak)} of models on the device by the log, over {plural(len(shown), 'load or unload line')}")
    return "; ".join(parts)


VRAM = FigureKind(name="vram", title="VRAM", draw=draw)
