"""The catalogue's counters and histograms as prometheus_client's, and gauges as families made at the scrape."""

from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily

from exporters.metrics import Kind, Metric


def counter(metric: Metric, registry: CollectorRegistry) -> Counter:
    """A counter that is kept up."""
    return Counter(_told(metric, Kind.COUNTER).name, metric.help, metric.labels, registry=registry)


def histogram(metric: Metric, registry: CollectorRegistry, buckets: Sequence[float] = ()) -> Histogram:
    """A histogram that is kept up. `buckets`: others than the catalogue's."""
    return Histogram(
        _told(metric, Kind.HISTOGRAM).name,
        metric.help,
        metric.labels,
        buckets=tuple(buckets or metric.buckets),
        registry=registry,
    )


def gauge(metric: Metric, values: Iterable[tuple[Sequence[str], float | None]]) -> GaugeMetricFamily:
    """A gauge as it is now, from pairs of label values and value. None: not known, so no series."""
    family = GaugeMetricFamily(_told(metric, Kind.GAUGE).name, metric.help, labels=metric.labels)
    for labels, value in values:
        if value is not None:
            family.add_metric([str(label) for label in labels], value)
    return family


def single(metric: Metric, value: float | None) -> GaugeMetricFamily:
    """A gauge without labels."""
    return gauge(metric, [((), value)])


def _told(metric: Metric, kind: Kind) -> Metric:
    if metric.kind is not kind:
        raise ValueError(f"{metric.name} is a {metric.kind}, not a {kind}")
    return metric
