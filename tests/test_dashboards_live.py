"""All that the dashboards ask is asked of a real Prometheus that scrapes the demo."""

import math
import time
from collections.abc import Mapping

import pytest

from benchmarks.demo_watched import PROMETHEUS, Series, demo_watched
from dashboards.panels.overview import STATE
from dashboards.reading import Question, everything_asked, put_in

pytestmark = pytest.mark.skipif(PROMETHEUS is None, reason="Prometheus is not installed (Debian: prometheus)")

STRETCH, SECONDS = 0.3, 27.0
HOUR = 3600.0
# As Grafana would put them in: all servers, all GPUs, all workflows.
VALUES = {
    "job": ".+",
    "instance": ".+",
    "gpu": ".+",
    "workflow": ".+",
    "__rate_interval": "12s",
    "__range": f"{SECONDS:.0f}s",
}
# Where the demo has nothing to show, and why.
EMPTY: Mapping[str, str] = {
    "history: panel 'Notifications'": "the demo tells nobody",
    "overview: panel 'Alerts that fire'": "this Prometheus has no rules: most of them wait for longer than this test",
}
Answers = Mapping[Question, list[Series]]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """What is asked of one moment is asked of each second, since at some of them no run goes on. A question that Prometheus does
    not understand raises ValueError."""
    with demo_watched(tmp_path_factory.mktemp("prometheus"), stretch=STRETCH, every="1s") as prometheus:
        begin = time.time()
        time.sleep(SECONDS)
        end = time.time()
        return {one: prometheus.over_time(put_in(one.expr, VALUES), start=begin, end=end, step=1.0) for one in everything_asked()}


def numbers(series: list[Series]) -> list[float]:
    return [value for one in series for _, value in one.values if math.isfinite(value)]


def test_every_question_has_an_answer(answers: Answers) -> None:
    unanswered = {question.where for question, series in answers.items() if not numbers(series)}
    assert unanswered == set(EMPTY)


def test_every_variable_has_values(answers: Answers) -> None:
    for question, series in answers.items():
        if question.label:
            assert {one.labels.get(question.label) for one in series} - {None}, question.where


def test_both_servers_are_there(answers: Answers) -> None:
    names = {one.labels["instance"] for question, series in answers.items() if question.label == "instance" for one in series}
    assert names == {"gpu-1", "gpu-2"}


def test_a_server_that_is_idle_or_down_shows_nothing_absurd(answers: Answers) -> None:
    """Moments that are 0 would make runs of many years, or of as many years less than nothing."""
    (states,) = {tuple(numbers(series)) for question, series in answers.items() if question.expr == STATE}
    assert {0.0, 1.0, 2.0} <= set(states), "the demo is to be down, idle and at work"
    for question, series in answers.items():
        if "_timestamp_seconds" not in question.expr or question.label:
            continue
        if question.expr.startswith("1000 * "):
            assert all(1000 * (time.time() - HOUR) < one < 1000 * (time.time() + HOUR) for one in numbers(series)), question.where
        else:
            assert all(-HOUR < one < HOUR for one in numbers(series)), question.where
