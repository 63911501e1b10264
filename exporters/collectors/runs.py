"""Runs that have ended, and their passes."""

from collections.abc import Iterator

from prometheus_client.metrics_core import Metric as Family

from exporters import metrics
from exporters.collectors.base import Collector
from exporters.engine import Engine
from exporters.instruments import gauge, kept, single

_KEPT = (
    metrics.RUNS,
    metrics.RUNS_FAILED,
    metrics.RUNS_OVER_LIMIT,
    metrics.RUN_DURATION,
    metrics.PHASE_SECONDS,
    metrics.SAMPLER_STEPS,
    metrics.STEP_SECONDS,
)


def _read(engine: Engine, now: float) -> Iterator[Family]:
    watched = engine.watched
    yield from kept(watched.totals.registry, _KEPT)
    yield single(metrics.RUN_LAST_END, watched.totals.last_end_at)
    vram = watched.runs[-1].run.vram if watched.runs else None
    yield single(metrics.RUN_ENERGY, vram.energy_joules if vram else None)
    yield single(metrics.RUN_VRAM_PEAK, vram.peak_bytes if vram else None)
    yield single(metrics.RUN_VRAM_MEAN, vram.mean_bytes if vram else None)
    yield gauge(metrics.RUN_PHASE_VRAM_PEAK, [((peak.phase,), peak.peak_bytes) for peak in vram.phases] if vram else ())


_LAST = (metrics.RUN_LAST_END, metrics.RUN_ENERGY, metrics.RUN_VRAM_PEAK, metrics.RUN_VRAM_MEAN, metrics.RUN_PHASE_VRAM_PEAK)

RUNS = Collector(name="runs", metrics=(*_KEPT, *_LAST), read=_read)
