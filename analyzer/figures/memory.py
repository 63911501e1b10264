"""What is on the device, by the log's load and unload lines."""

from collections.abc import Iterator, Sequence
from typing import Any

from analyzer.events import UnloadMode
from analyzer.figures.base import Figure, FigureKind, Words, label, line_at, plot, time_axis
from analyzer.figures.placing import Axis, place_value, placement, time_range
from analyzer.palette import BAD, PHASE_COLORS
from analyzer.renderers.words import joined, size
from analyzer.report import Report
from analyzer.runs.model import Load, Phase
from analyzer.runs.residency import Residency, device_bytes, residency
from analyzer.units import GIB, format_bytes, plural

_MOST_POINTS = 4000


def draw(report: Report, words: Words) -> Figure | None:
    """A step line; by the clock where the lines have stamps, else change by change."""
    devices = device_bytes(report.server_starts)
    found = [change for change in residency(report.runs, devices) if change.loaded_bytes is not None]
    stamped = [change for change in found if change.at is not None]
    axis = Axis.TIME if stamped else Axis.ORDER
    known = stamped or found
    shown = (known if len(known) <= _MOST_POINTS else list(_changing(known)))[-_MOST_POINTS:]
    if not shown:
        return None
    figure = plot(height=260)
    figure.add_scatter(
        x=[place_value(change.at or 0.0, axis) if stamped else number for number, change in enumerate(shown, 1)],
        y=[(change.loaded_bytes or 0) / GIB for change in shown],
        name="models on the device, by the log",
        mode="lines+markers" if len(shown) <= 500 else "lines",
        line={"shape": "hv", "color": PHASE_COLORS[Phase.MODEL_LOAD], "width": 2},
        marker={"size": 5},
        fill="tozeroy",
        customdata=[[change.run.number, _what(change, words), size(change.loaded_bytes)] for change in shown],
        hovertemplate="run %{customdata[0]}: %{customdata[1]}<br>%{customdata[2]} on the device<extra></extra>",
    )
    totals = set(devices.values())
    peak = max(change.loaded_bytes or 0 for change in shown)
    if len(totals) == 1 and (total := totals.pop()) <= 4 * peak:
        line_at(figure, total / GIB, f"VRAM {format_bytes(total)}", BAD)
    figure.update_yaxes(title_text="GiB", rangemode="tozero")
    if stamped:
        time_axis(figure, *time_range(placement(report)))
    else:
        figure.update_xaxes(title_text="load or unload, in log order", showgrid=False)
    return Figure(
        plot=figure,
        caption=_caption(shown, len(known)),
        summary=f"At most {size(peak)} of models on the device, over {plural(len(shown), 'load or unload line')}.",
        axis="time" if stamped else None,
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


def _caption(shown: Sequence[Any], of: int) -> str:
    rest = (
        f" {len(shown):,} of {of:,} load and unload lines are drawn, the last ones that change the sum."
        if len(shown) < of
        else ""
    )
    return (
        "Weights only: what images, activations and other programs take is not in the log. Where the log does not say which "
        f"models went, those needed longest ago are taken to be gone (inferred).{rest}"
    )


VRAM = FigureKind(name="vram", title="Models on the device", draw=draw)
