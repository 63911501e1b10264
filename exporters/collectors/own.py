"""Ourselves: how good the predictions were, what could not be kept or sent."""

from collections.abc import Iterator
from statistics import fmean

from prometheus_client.metrics_core import Metric as Family

from analyzer.predict import Forecast
from analyzer.predict.forecasts import SHARES
from exporters import metrics
from exporters.collectors.base import Collector
from exporters.engine import Engine
from exporters.instruments import gauge, kept, total
from exporters.notifiers import Event

_METRICS = (
    metrics.PREDICTION_ERROR,
    metrics.PREDICTION_COVERAGE,
    metrics.LABEL_OVERFLOW,
    metrics.NOTIFICATIONS,
    metrics.NOTIFICATIONS_FAILED,
    metrics.STORE_FAILED,
)


def _read(engine: Engine, now: float) -> Iterator[Family]:
    forecasts = _by_share(engine)
    errors = [((f"{share:g}",), fmean(one.error_ratio for one in made)) for share, made in forecasts.items()]
    held = [((f"{share:g}",), fmean(float(one.held) for one in made)) for share, made in forecasts.items()]
    yield gauge(metrics.PREDICTION_ERROR, errors)
    yield gauge(metrics.PREDICTION_COVERAGE, held)
    yield from kept(engine.watched.totals.registry, (metrics.LABEL_OVERFLOW,))
    yield total(metrics.NOTIFICATIONS, [((event.value,), float(engine.notified[event.value])) for event in Event])
    yield total(metrics.NOTIFICATIONS_FAILED, [((), float(engine.notify_failures))])
    yield total(metrics.STORE_FAILED, [((), float(engine.keeper.failures if engine.keeper else 0))])


def _by_share(engine: Engine) -> dict[float, list[Forecast]]:
    """The last runs' forecasts, each at the share of its run that it was made for."""
    found: dict[float, list[Forecast]] = {}
    for record in engine.watched.records:
        for forecast in record.forecasts:
            share = min(SHARES, key=lambda one: abs(one - forecast.share))
            found.setdefault(share, []).append(forecast)
    return dict(sorted(found.items()))


OWN = Collector(name="own", metrics=_METRICS, read=_read)
