"""The server's log, as far as it is read."""

from collections.abc import Iterator

from prometheus_client.metrics_core import Metric as Family

from exporters import metrics
from exporters.collectors.base import Collector
from exporters.engine import Engine
from exporters.instruments import single, total


def _read(engine: Engine, now: float) -> Iterator[Family]:
    lines, unrecognised = engine.lines
    yield total(metrics.LOG_LINES, [((), float(lines))])
    yield total(metrics.LOG_UNPARSED, [((), float(unrecognised))])
    yield total(metrics.LOG_GAPS, [((), float(engine.watched.log_gaps))])
    yield single(metrics.LOG_LAST_LINE, engine.last_line_at or 0.0)


LOG = Collector(
    name="log", metrics=(metrics.LOG_LINES, metrics.LOG_UNPARSED, metrics.LOG_GAPS, metrics.LOG_LAST_LINE), read=_read
)
