"""The run that goes on, and what is expected of it; zeros where none does."""

from collections.abc import Iterator

from prometheus_client.metrics_core import Metric as Family

from analyzer.runs.model import Phase
from exporters import metrics
from exporters.collectors.base import Collector
from exporters.engine import Engine
from exporters.happenings import StallKind
from exporters.instruments import gauge, single

_METRICS = (
    metrics.RUN_PHASE,
    metrics.RUN_START,
    metrics.RUN_DEADLINE,
    metrics.RUN_PREDICTED_END,
    metrics.RUN_PREDICTED_END_LOW,
    metrics.RUN_PREDICTED_END_HIGH,
    metrics.RUN_EXCEED_PROBABILITY,
    metrics.RUN_AT_RISK,
    metrics.RUN_PROGRESS,
    metrics.RUN_LAST_ACTIVITY,
    metrics.STALL,
)


def _read(engine: Engine, now: float) -> Iterator[Family]:
    current, stall = engine.watched.in_flight, engine.watched.stalls.kind
    phase = current.live.phase if current else None
    yield gauge(metrics.RUN_PHASE, [((one,), float(one is phase)) for one in Phase])
    yield single(metrics.RUN_START, current.live.started_at or current.run.seen_at if current else 0.0)
    yield single(metrics.RUN_DEADLINE, _deadline(engine, now))
    prediction = current.prediction if current else None
    ends = (prediction.remaining_seconds, prediction.low_seconds, prediction.high_seconds) if prediction else (0.0, 0.0, 0.0)
    of = (metrics.RUN_PREDICTED_END, metrics.RUN_PREDICTED_END_LOW, metrics.RUN_PREDICTED_END_HIGH)
    for metric, seconds in zip(of, ends, strict=True):
        yield single(metric, prediction.at + seconds if prediction else 0.0)
    yield single(metrics.RUN_EXCEED_PROBABILITY, (prediction.p_exceed if prediction else None) or 0.0)
    yield single(metrics.RUN_AT_RISK, float(current.alert.active()) if current else 0.0)
    steps, total = (prediction.steps, prediction.total_steps) if prediction else (None, None)
    yield single(metrics.RUN_PROGRESS, min(1.0, steps / total) if steps and total else 0.0)
    yield single(metrics.RUN_LAST_ACTIVITY, current.active_at if current else 0.0)
    yield gauge(metrics.STALL, [((kind,), float(kind is stall)) for kind in StallKind])


def _deadline(engine: Engine, now: float) -> float:
    current, limit = engine.watched.in_flight, engine.watched.limit_seconds
    return now - current.live.used_seconds(now) + limit if current and limit is not None else 0.0


IN_FLIGHT = Collector(name="in_flight", metrics=_METRICS, read=_read)
