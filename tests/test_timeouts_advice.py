"""The advice as people read it: rungs, hysteresis, grades, words, the incident; timers and what-ifs."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from analyzer.advising import answer_for_runs
from analyzer.runs.model import ClientGaveUp, Outcome, Phase, Run, Start
from analyzer.timeouts.advice import Grade, TimeoutAdvice, WorkflowAdvice
from analyzer.timeouts.changes import Factor, FasterSampling, KeepLoaded, OtherSteps, Tag, Without
from analyzer.timeouts.curve import Curve
from analyzer.timeouts.estimate import estimate
from analyzer.timeouts.grading import grade, keep_or_change, recommended
from analyzer.timeouts.observations import Cause, Observation
from analyzer.timeouts.recommend import Kind, advise
from analyzer.timeouts.rounding import round_up, rung_below
from analyzer.timeouts.timers import Basis, client_wait, queue_timer, timers
from analyzer.timeouts.whatif import PhasedRun, phased, what_if
from analyzer.timeouts.wording import chance
from tests.builders import bar, phase, run
from tests.test_timeouts_estimate import history, one, ran


def advise_runs(runs: list[Run], limits: tuple[float, ...] = ()) -> TimeoutAdvice | None:
    named = {f"{limit:g} s": limit for limit in limits}
    answer = answer_for_runs(runs, (), risk=0.01, limits=named, limit_in_force=None)
    return None if answer is None else answer.advice


@pytest.mark.parametrize(
    ("seconds", "rung"), [(587, 600), (821, 840), (100, 105), (121, 150), (303.88, 360), (1201, 1500), (600, 600), (7, 15)]
)
def test_rungs(seconds: float, rung: float) -> None:
    assert round_up(seconds) == rung
    assert round_up(rung_below(rung)) == rung_below(rung) < seconds


def test_a_rung_below_that_is_nearly_as_good_is_taken() -> None:
    found = one(history(400, seed=3))
    for risk in np.linspace(0.005, 0.05, 20):
        each = estimate({"a": found.observations}, float(risk))["a"]
        chosen = recommended(each)
        assert chosen is not None
        assert each.risk_at(chosen) <= 1.1 * risk
        assert each.risk_at(rung_below(chosen)) > 1.1 * risk


HYSTERESIS = [
    ("nothing in force", None, 600, [500] * 5, 0.0, 600),
    ("raised at once", 600, 660, [610], 0.0, 660),
    ("not lowered for a while", 600, 420, [400] * 4, 0.0, 600),
    ("lowered after five", 600, 420, [400] * 5, 0.0, 420),
    ("not lowered for a little", 600, 540, [520] * 9, 0.0, 600),
    ("one long run among them", 600, 420, [400, 400, 590, 400, 400], 0.0, 600),
    ("never lowered while runs are killed", 600, 420, [400] * 9, 0.06, 600),
]


@pytest.mark.parametrize(
    ("current", "proposed", "recent", "killed", "wanted"), [row[1:] for row in HYSTERESIS], ids=[row[0] for row in HYSTERESIS]
)
def test_hysteresis(current: float | None, proposed: float, recent: list[float], killed: float, wanted: float) -> None:
    assert keep_or_change(current, proposed, recent, killed) == wanted


def test_a_growing_history_changes_the_limit_seldom() -> None:
    changes = []
    for seed in range(4):
        runs, current, recent = history(60, seed=seed), None, []
        found: list[float] = []
        for count in range(1, 61, 2):
            each = one(runs[:count])
            recent.append(each.wanted_seconds)
            proposed = recommended(each)
            assert proposed is not None
            current = keep_or_change(current, proposed, recent, 0.0)
            found.append(current)
        changes.append(sum(a != b for a, b in pairwise(found)))
    assert np.mean(changes) <= 6


def _mixed(count: int, cold: int = 1, killed: int = 0) -> list[Observation]:
    warm = ran(*[100.0 + i % 9 for i in range(count - cold)])
    return [*ran(*[150.0] * cold, cold=True), *warm, *ran(*[200.0] * killed, finished=False)]


GRADES = [
    ("nothing", [], Grade.NONE),
    ("all killed", ran(300.0, finished=False), Grade.NONE),
    ("one", _mixed(1), Grade.PROVISIONAL),
    ("four", _mixed(4), Grade.PROVISIONAL),
    ("five", _mixed(5), Grade.LOW),
    ("twenty", _mixed(20, 3), Grade.FAIR),
    ("twenty, none cold", _mixed(20, 0), Grade.LOW),
    ("twenty, many killed", _mixed(20, 3, killed=10), Grade.LOW),
    ("twenty, starts unknown", [replace(each, cold=None) for each in _mixed(20)], Grade.LOW),
    ("a hundred", _mixed(110, 9), Grade.GOOD),
    ("a hundred, some killed", _mixed(110, 9, killed=20), Grade.FAIR),
    ("four, none cold: not below provisional", _mixed(4, 0), Grade.PROVISIONAL),
]


@pytest.mark.parametrize(("runs", "wanted"), [row[1:] for row in GRADES], ids=[row[0] for row in GRADES])
def test_grades(runs: list[Observation], wanted: Grade) -> None:
    shuffled = [runs[i] for i in np.random.default_rng(1).permutation(len(runs))]
    assert grade(one(shuffled)) is wanted


def _single(runs: list[Observation], **given: object) -> WorkflowAdvice:
    return advise({"Portrait": runs}, **given).workflows[0]  # type: ignore[arg-type]


def test_the_promise_in_words() -> None:
    row = _single([*ran(*[300.0 + 5 * i for i in range(9)]), *ran(380.0, cold=True), *ran(300.0, 300.0, finished=False)])
    assert row.recommended_seconds is not None
    assert row.reason == (
        f"At most about 1 in 100 Portrait runs will need longer than {row.recommended_seconds:.0f} s. "
        "Based on 10 finished and 2 killed runs, cold starts included."
    )
    assert any("interrupt the server" in note for note in row.notes)


def test_all_killed_in_words() -> None:
    row = _single(ran(300.0, 300.0, finished=False), limits=(300.0,))
    assert row.reason == "no run has finished: it needs more than 300 s; try 900 s once and measure"
    assert (row.recommended_seconds, row.quantile_seconds, row.recommended_interval_seconds) == (900, None, None)
    assert (row.risk_at, row.risk_at_recommended, row.grade) == ({}, None, Grade.NONE)


def test_nothing_measured_in_words() -> None:
    row = _single([])
    assert (row.recommended_seconds, row.reason, row.grade) == (None, "not measured: not enough evidence", Grade.NONE)
    assert _single([], kinds={"Portrait": Kind.CONTROL_NET}).recommended_seconds == 400
    empty = advise({})
    assert (empty.overall.n, empty.overall.recommended_seconds) == (0, None)
    assert "not enough evidence" in empty.overall.reason


NOTES = [
    ("no cold", ran(100.0, 105.0), "no cold start seen"),
    ("no starts", ran(100.0, 105.0, cold=None), "cold starts not separated: the risk may be twice the stated one"),
    ("cap", ran(100.0, cold=True), "capped at 300 s"),
    ("extrapolated", _mixed(20, 3), "extrapolated"),
    ("hang", [*_mixed(20, 3), *ran(50_000.0)], "taken for a hang"),
    (
        "epoch",
        [*[replace(r, epoch="1") for r in _mixed(20, 3)], *[replace(r, epoch="2") for r in _mixed(5)]],
        "the 20 runs before",
    ),
]


@pytest.mark.parametrize(("runs", "text"), [row[1:] for row in NOTES], ids=[row[0] for row in NOTES])
def test_notes(runs: list[Observation], text: str) -> None:
    assert any(text in note for note in _single(runs).notes)


@pytest.mark.parametrize(("risk", "text"), [(0.01, "1 in 100"), (0.05, "1 in 20"), (0.0017, "1 in 590"), (0.4, "40 % of")])
def test_chances(risk: float, text: str) -> None:
    assert chance(risk) == text


def test_overall_is_the_slowest_and_says_so() -> None:
    found = advise({"fast": _mixed(30, 3), "slow": [replace(r, seconds=9 * r.seconds) for r in _mixed(10)]}, limits=(300.0,))
    rows = {row.workflow: row for row in found.workflows}
    assert found.overall.recommended_seconds == rows["slow"].recommended_seconds
    assert found.overall.reason.startswith("Set by slow")
    assert (found.overall.n, found.overall.cold) == (40, 4)
    mixed = (30 * rows["fast"].risk_at[300.0] + 10 * rows["slow"].risk_at[300.0]) / 40
    assert found.overall.risk_at[300.0] == pytest.approx(mixed)
    low, high = found.overall.risk_interval_at[300.0]
    assert low <= mixed <= high


def test_workflows_far_apart_should_have_their_own_limits() -> None:
    modes = {str(i): [replace(r, seconds=(9 if i == 3 else 1) * r.seconds) for r in _mixed(10)] for i in range(4)}
    found = advise(modes)
    assert found.one_each
    assert "its own limit" in found.overall.notes[0]
    assert not advise({name: modes[name] for name in "012"}).one_each


def test_dropped_runs_are_counted() -> None:
    found = advise_runs([run(), run(outcome=Outcome.CACHED, duration_seconds=0.1)])
    assert found is not None
    assert found.dropped == {"fully cached": 1}
    assert advise_runs([run(outcome=Outcome.CACHED, duration_seconds=0.1)]) is None


# --- the incident -----------------------------------------------------------------------------------------------------

GAVE_UP = ClientGaveUp(limit_seconds=300.0, line=10)


def test_the_server_finished_although_the_client_gave_up() -> None:
    found = advise_runs([run(duration_seconds=303.88, client_timeout=GAVE_UP, start=Start.COLD)], limits=(300.0, 600.0))
    assert found is not None
    row = found.overall
    assert (row.finished, row.censored, row.grade) == (1, 0, Grade.PROVISIONAL)
    assert row.recommended_seconds is not None
    assert row.recommended_seconds > 303.88
    assert row.risk_at[300.0] > row.risk_at[600.0] > 0


@pytest.mark.parametrize("outcome", [Outcome.INTERRUPTED, Outcome.CUT_OFF, Outcome.ERROR])
def test_the_server_stopped_when_the_client_gave_up(outcome: Outcome) -> None:
    found = advise_runs([run(outcome=outcome, duration_seconds=303.88, client_timeout=GAVE_UP)])
    assert found is not None
    row = found.overall
    assert (row.finished, row.censored, row.quantile_seconds, row.grade) == (0, 1, None, Grade.NONE)
    assert row.recommended_seconds is not None
    assert row.recommended_seconds > 303.88
    assert "no run has finished: it needs more than 304 s" in row.reason


# --- timers -----------------------------------------------------------------------------------------------------------


def test_three_timers() -> None:
    runs = [
        run(i, duration_seconds=100.0 + i, queue_seconds=float(i), passes=(bar(seconds_per_step=2.0 + 0.1 * i),))
        for i in range(1, 12)
    ]
    found = timers(runs)
    assert found.queue is not None
    assert found.run is not None
    assert found.silence is not None
    assert found.queue.recommended_seconds >= 11
    assert found.run.recommended_seconds > 111
    assert (found.silence.basis, found.silence.n) == (Basis.STEPS, 11)
    assert 3.1 < found.silence.quantile_seconds < found.run.quantile_seconds
    assert timers([run()]).queue is None
    assert timers([run()]).silence is None


def test_a_queue_that_is_always_empty() -> None:
    found = queue_timer([0.0] * 10)
    assert found is not None
    assert found.recommended_seconds == 15
    assert queue_timer([0.0] * 3) is None


def test_a_clients_wait_is_less_than_the_sum_of_limits() -> None:
    logs = np.log(np.linspace(1, 2000, 2000))
    curve = Curve.of(logs, np.exp(-np.exp(logs) / 100))
    alone, behind = client_wait(curve, []), client_wait(curve, [curve, curve])
    assert alone == pytest.approx(curve.inverse(0.01), rel=0.02)
    assert behind == pytest.approx(840.6, rel=0.04)  # the 99 % point of three exponentials
    assert behind < 3 * alone


# --- what if ----------------------------------------------------------------------------------------------------------


def phased_runs(count: int = 15) -> list[PhasedRun]:
    rng = np.random.default_rng(3)
    found = []
    for i in range(count):
        load, cold = (90.0, True) if i % 4 == 0 else (2.0, False)
        phases = {
            Phase.MODEL_LOAD: load * float(np.exp(0.3 * rng.standard_normal())),
            Phase.SAMPLE: 150 * float(np.exp(0.08 * rng.standard_normal())),
            Phase.VAE: 10.0,
        }
        found.append(PhasedRun(observation=Observation(seconds=sum(phases.values()), finished=True, cold=cold), phases=phases))
    return found


def test_keeping_the_model_loaded() -> None:
    found = what_if(phased_runs(), [KeepLoaded()], limit_seconds=300)
    assert found.saving_seconds is not None
    assert found.saving_interval_seconds is not None
    low, high = found.saving_interval_seconds
    assert 5 < low < found.saving_seconds < high < 50
    assert found.saving_when_cold_seconds == pytest.approx(90, rel=0.3)
    assert found.risk_then < found.risk_now
    assert {item.tag for item in found.inputs} == {Tag.MEASURED, Tag.ASSUMED}


def test_a_lighter_quantisation_may_also_be_slower() -> None:
    found = what_if(phased_runs(), [FasterSampling()], limit_seconds=300)
    assert found.saving_interval_seconds is not None
    low, high = found.saving_interval_seconds
    assert low < 0 < high
    assert found.risk_interval_then[0] <= found.risk_then <= found.risk_interval_then[1]
    assert any(item.tag is Tag.ASSUMED and "0.90" in item.value for item in found.inputs)


def test_fewer_steps_and_a_removed_phase() -> None:
    steps = what_if(phased_runs(), [OtherSteps(steps_now=28, steps=14)], limit_seconds=300)
    gone = what_if(phased_runs(), [Without(phase=Phase.VAE)], limit_seconds=300)
    assert steps.saving_seconds == pytest.approx(150 * 14 / 28.3, rel=0.05)
    assert gone.saving_seconds == pytest.approx(10, abs=0.5)
    assert (gone.at_most, steps.at_most) == (True, False)


def test_savings_of_overlapping_changes_are_not_added_up() -> None:
    faster = FasterSampling(factor=Factor(median=0.5, log_sd=0.0))
    both = what_if(phased_runs(), [faster, Without(phase=Phase.SAMPLE, share=0.5)], limit_seconds=300)
    single = what_if(phased_runs(), [faster], limit_seconds=300)
    assert single.saving_seconds == pytest.approx(75, rel=0.05)
    assert both.saving_seconds == pytest.approx(112.5, rel=0.05)


def test_what_the_runs_cannot_say() -> None:
    warm = [each for each in phased_runs() if not each.observation.cold]
    found = what_if(warm, [KeepLoaded()], limit_seconds=300)
    assert (found.saving_seconds, found.saving_when_cold_seconds) == (None, None)
    assert what_if([], [FasterSampling()], limit_seconds=300).saving_seconds is None


def test_phases_of_a_run_are_taken() -> None:
    (found,) = phased([run(phases=(phase(Phase.SAMPLE, 80.0), phase(Phase.VAE, 20.0))), run(outcome=Outcome.CACHED)])
    assert found.phases == {Phase.SAMPLE: 80.0, Phase.VAE: 20.0}
    assert found.observation.cause is Cause.FINISHED
