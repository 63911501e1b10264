"""The catalogue's counters and histograms as prometheus_client's, and gauges as families made at the scrape."""

from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family

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


def total(metric: Metric, values: Iterable[tuple[Sequence[str], float | None]]) -> CounterMetricFamily:
    """A counter that somebody else keeps up, as it is now."""
    family = CounterMetricFamily(_told(metric, Kind.COUNTER).name, metric.help, labels=metric.labels)
    for labels, value in values:
        if value is not None:
            family.add_metric([str(label) for label in labels], value)
    return family


def kept(registry: CollectorRegistry, metrics: Iterable[Metric]) -> Iterator[Family]:
    """These of the metrics that a registry keeps up, without the moments at which they were created."""
    wanted = {metric.name.removesuffix("_total") for metric in metrics}
    for found in registry.collect():
        if found.name in wanted:
            family = Family(found.name, found.documentation, found.type)
            family.samples = [sample for sample in found.samples if not sample.name.endswith("_created")]
            yield family


def _told(metric: Metric, kind: Kind) -> Metric:
    if metric.kind is not kind:
        raise ValueError(f"{metric.name} is a {metric.kind}, not a {kind}")
    return metric
