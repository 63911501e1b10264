"""The GPUs, by the driver or, where it cannot be asked, by the server itself; no series where neither tells."""

from collections.abc import Iterator

from prometheus_client.metrics_core import Metric as Family

from analyzer.vram.sample import SLOWING, GpuSample
from exporters import metrics
from exporters.collectors.base import Collector
from exporters.engine import Engine
from exporters.instruments import gauge, total

_METRICS = (
    metrics.GPU_INFO,
    metrics.GPU_MEMORY_USED,
    metrics.GPU_MEMORY_TOTAL,
    metrics.GPU_MEMORY_PEAK,
    metrics.GPU_MEMORY_WINDOW_PEAK,
    metrics.GPU_PROCESS_MEMORY,
    metrics.GPU_OTHER_MEMORY,
    metrics.GPU_UTILIZATION,
    metrics.GPU_TEMPERATURE,
    metrics.GPU_POWER,
    metrics.GPU_ENERGY,
    metrics.GPU_THROTTLED,
)
# Those that cost speed, and the usual one at full load.
_REASONS = tuple(sorted({*SLOWING, "sw_power_cap"}))


def _read(engine: Engine, now: float) -> Iterator[Family]:
    samples = engine.gpu.latest(now)
    peaks, window = engine.gpu.run_peaks(), engine.gpu.take_peaks()
    yield gauge(metrics.GPU_INFO, [((one.label, one.uuid or "", one.name or ""), 1.0) for one in samples])
    yield gauge(metrics.GPU_MEMORY_USED, [((one.label,), one.used_bytes) for one in samples])
    yield gauge(metrics.GPU_MEMORY_TOTAL, [((one.label,), one.total_bytes) for one in samples])
    yield gauge(metrics.GPU_MEMORY_PEAK, [((label,), peak.used_bytes) for label, peak in peaks.items()])
    yield gauge(metrics.GPU_MEMORY_WINDOW_PEAK, [((label,), peak.used_bytes) for label, peak in window.items()])
    yield gauge(metrics.GPU_PROCESS_MEMORY, [((one.label,), one.process_bytes) for one in samples])
    yield gauge(metrics.GPU_OTHER_MEMORY, [((one.label,), _others(one)) for one in samples])
    yield gauge(metrics.GPU_UTILIZATION, [((one.label,), one.utilisation_ratio) for one in samples])
    yield gauge(metrics.GPU_TEMPERATURE, [((one.label,), one.temperature_celsius) for one in samples])
    yield gauge(metrics.GPU_POWER, [((one.label,), one.power_watts) for one in samples])
    yield total(metrics.GPU_ENERGY, [((one.label,), one.energy_joules) for one in samples])
    throttled = [
        ((one.label, why), float(why in one.throttle)) for one in samples if one.throttle is not None for why in _REASONS
    ]
    yield gauge(metrics.GPU_THROTTLED, throttled)


def _others(sample: GpuSample) -> int | None:
    if sample.used_bytes is None or sample.process_bytes is None:
        return None
    return max(0, sample.used_bytes - sample.process_bytes)


GPU = Collector(name="gpu", metrics=_METRICS, read=_read)
