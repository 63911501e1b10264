"""The two logs that this toolkit was asked for: the answers, computed from their lines, whichever way they were pasted."""

import pytest

from analyzer import analyze
from analyzer.report import Report
from analyzer.runs.model import Outcome, Phase, Start
from analyzer.units import MIB
from tests.samples import SAMPLES

DOUBLE_LOAD = ("double-load.log", "double-load-mojibake.log")
INCIDENT = ("incident.log", "incident-mojibake.log")


def finding(report: Report, rule: str) -> str:
    (found,) = [finding for finding in report.findings if finding.rule == rule]
    return " ".join((found.summary, found.detail, found.advice))


@pytest.mark.parametrize("name", DOUBLE_LOAD)
def test_question_1_is_loading_twice_normal(name: str) -> None:
    report = analyze(SAMPLES / name)

    (run,) = report.runs
    assert (run.partial, run.outcome, run.duration_seconds) == (True, Outcome.CUT_OFF, None)
    assert [(bar.seconds, bar.seconds_per_step) for bar in run.passes] == [(67, 2.42), (56, 2.02)]
    assert run.loads[1].added_bytes == pytest.approx(7040.08 * MIB, abs=2)
    text = finding(report, "double-load")
    assert "normal" in text
    assert "not normal" not in text
    for figure in ("6602.51", "1265.26", "5337.28", "12377.36", "7040.08", "16.5 %"):
        assert figure in text, figure
    assert "303" not in text


@pytest.mark.parametrize("name", INCIDENT)
def test_question_2_where_did_the_time_go(name: str) -> None:
    report = analyze(SAMPLES / name, timeout="300s")

    (run,) = report.runs
    assert (run.outcome, run.duration_seconds, run.start) == (Outcome.SUCCESS, 303.88, Start.COLD)
    assert [bar.seconds for bar in run.passes] == [76, 67]
    assert run.phase_seconds(Phase.PIPELINE_LOAD) == 97
    assert run.phase_seconds(Phase.SAMPLE) == 143
    assert run.phase_seconds(Phase.DETECT) == pytest.approx(0.0108)
    assert run.phase_seconds(Phase.OTHER) == pytest.approx(63.87, abs=0.01)
    assert run.client_timeout is not None
    assert run.client_timeout.limit_seconds == 300


@pytest.mark.parametrize("name", INCIDENT)
def test_question_2_what_should_the_timeout_be(name: str) -> None:
    report = analyze(SAMPLES / name, timeout="300s")

    assert "3.88 s over" in finding(report, "over-limit")
    assert "client" in finding(report, "client-gave-up")
    assert report.timeout is not None
    recommended = report.timeout.overall.recommended_seconds
    assert recommended is not None
    assert recommended > 303.88
    everything = " ".join(f"{found.summary} {found.detail} {found.advice}" for found in report.findings)
    for foreign in ("7040.08", "12377.36", "5337.28", "16.5 %"):
        assert foreign not in everything
