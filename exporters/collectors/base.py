"""What a collector is: a name, the metrics it answers for, and how they are read from a watched server."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from prometheus_client.metrics_core import Metric as Family

from exporters.engine import Engine
from exporters.metrics import Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """`read`: the families of an engine at a moment. Whatever it raises costs these metrics and no others."""

    name: str
    metrics: tuple[Metric, ...]
    read: Callable[[Engine, float], Iterable[Family]]
