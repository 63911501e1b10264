"""The configured limits, and what they should be by all runs that were seen."""

from collections.abc import Iterator

from prometheus_client.metrics_core import Metric as Family

from analyzer.timeouts.advice import WorkflowAdvice
from exporters import metrics
from exporters.collectors.base import Collector
from exporters.engine import Engine
from exporters.instruments import gauge, single

_METRICS = (
    metrics.TIMEOUT_CONFIGURED,
    metrics.TIMEOUT_IN_FORCE,
    metrics.TIMEOUT_RECOMMENDED,
    metrics.TIMEOUT_SAMPLES,
    metrics.TIMEOUT_RISK,
)


def _read(engine: Engine, now: float) -> Iterator[Family]:
    limits = dict(list(engine.settings.counting.limits.items())[: metrics.MOST_LIMITS])
    rows = _rows(engine)
    yield gauge(metrics.TIMEOUT_CONFIGURED, [((name,), seconds) for name, seconds in limits.items()])
    yield single(metrics.TIMEOUT_IN_FORCE, engine.settings.limit_seconds)
    yield gauge(metrics.TIMEOUT_RECOMMENDED, [((name,), row.recommended_seconds) for name, row in rows.items()])
    yield gauge(metrics.TIMEOUT_SAMPLES, [((name,), float(row.finished)) for name, row in rows.items()])
    risks = [((name, limit), row.risk_at.get(seconds)) for name, row in rows.items() for limit, seconds in limits.items()]
    yield gauge(metrics.TIMEOUT_RISK, risks)


def _rows(engine: Engine) -> dict[str, WorkflowAdvice]:
    """The advice by workflow, and for all of them; of more workflows than may have series the others have no advice."""
    answer = engine.advisor.answer
    if answer is None:
        return {}
    named = {engine.advisor.label(row.workflow): row for row in answer.advice.workflows}
    named.pop(metrics.OTHER, None)
    return named | {answer.advice.overall.workflow: answer.advice.overall}


LIMITS = Collector(name="limits", metrics=_METRICS, read=_read)
