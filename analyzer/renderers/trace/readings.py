"""Sampled memory as counters: a process per file of samples, since two servers may both have a GPU 0."""

from collections.abc import Iterator

from analyzer.renderers.placing import is_date
from analyzer.renderers.short_text import ShortText
from analyzer.renderers.trace.events import TraceEvent, counter_event, process_events
from analyzer.renderers.trace.lanes import whole
from analyzer.report import Report
from analyzer.vram.series import GpuSeries


def sampled_events(report: Report, epoch: float, pid: int, text: ShortText) -> Iterator[TraceEvent]:
    """The events of all samples, processes numbered from `pid` on. Those from before the epoch are left out."""
    pids: dict[str, int] = {}
    for series in report.vram:
        if series.source not in pids:
            pids[series.source] = pid + len(pids)
            yield from process_events(pids[series.source], text(series.source), "samples of GPU memory")
        yield from _counters(series, epoch, pids[series.source])


def _counters(series: GpuSeries, epoch: float, pid: int) -> Iterator[TraceEvent]:
    """The most of each stretch: a mean would hide what did not fit."""
    used, own = f"GPU {series.gpu} in use", f"GPU {series.gpu} server"
    for point in series.points:
        if point.at < epoch or not is_date(point.at):
            continue
        yield counter_event(used, whole(point.at - epoch), pid, point.used_max_bytes)
        if point.process_bytes is not None:
            yield counter_event(own, whole(point.at - epoch), pid, point.process_bytes)
