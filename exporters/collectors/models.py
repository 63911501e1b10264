"""Models that came to the device and left it."""

from collections.abc import Iterator

from prometheus_client.metrics_core import Metric as Family

from exporters import metrics
from exporters.collectors.base import Collector
from exporters.engine import Engine
from exporters.instruments import kept, single

_KEPT = (metrics.MODEL_LOADS, metrics.MODEL_RELOADS, metrics.MODEL_UNLOADS, metrics.MODEL_FREED)


def _read(engine: Engine, now: float) -> Iterator[Family]:
    totals = engine.watched.totals
    yield from kept(totals.registry, _KEPT)
    yield single(metrics.MODEL_LOADED, totals.last_load.loaded_bytes if totals.last_load else None)
    yield single(metrics.MODEL_OFFLOADED, totals.last_load.offloaded_bytes if totals.last_load else None)


MODELS = Collector(name="models", metrics=(*_KEPT, metrics.MODEL_LOADED, metrics.MODEL_OFFLOADED), read=_read)
