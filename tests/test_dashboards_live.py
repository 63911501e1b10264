"""All that the dashboards ask is asked of a real Prometheus that scrapes the demo."""

import math
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks.demo_watched import PROMETHEUS, Prometheus, demo_watched
from dashboards.reading import Question, everything_asked, put_in

pytestmark = pytest.mark.skipif(PROMETHEUS is None, reason="Prometheus is not installed (Debian: prometheus)")

STRETCH, SECONDS = 0.3, 27.0
# As Grafana would put them in: all servers, all GPUs, all workflows.
VALUES = {
    "job": ".+",
    "instance": ".+",
    "gpu": ".+",
    "workflow": ".+",
    "__rate_interval": "12s",
    "__interval": "3s",
    "__range": f"{SECONDS:.0f}s",
}
# Where the demo has nothing to show, and why.
EMPTY: Mapping[str, str] = {
    "history: panel 'Notifications'": "the demo tells nobody",
    "overview: panel 'Alerts that fire'": "this Prometheus has no rules: most of them wait for longer than this test",
}


def empty(question: Question, prometheus: Prometheus, begin: float, end: float) -> bool:
    """What is asked of one moment is asked of each second, since at some of them no run goes on."""
    found = prometheus.over_time(put_in(question.expr, VALUES), start=begin, end=end, step=1.0)
    if question.label:
        return not any(question.label in series.labels for series in found)
    return not any(math.isfinite(value) for series in found for _, value in series.values)


def test_every_question_has_an_answer(tmp_path: Path) -> None:
    with demo_watched(tmp_path, stretch=STRETCH, every="1s") as prometheus:
        begin = time.time()
        time.sleep(SECONDS)
        unanswered = {one.where for one in everything_asked() if empty(one, prometheus, begin, time.time())}
    assert unanswered == set(EMPTY)
