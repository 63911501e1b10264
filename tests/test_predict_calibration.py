"""Live predictions keep their word on made-up runs with known truth: a guard in the suite, all targets in the long tier."""

from statistics import fmean

import numpy as np
import pytest

from analyzer.timeouts.estimate import estimate
from analyzer.timeouts.observations import Observation
from benchmarks import prediction
from benchmarks.prediction_generator import Law, MadeRun, Part, durations, lines, make, workflow
from benchmarks.prediction_rules import RULES, Moment, Past
from benchmarks.prediction_scores import PRODUCT, SHARES, Setting, Watched
from benchmarks.prediction_targets import TARGETS, auc, comparison_rows, figures, law_rows, target_rows

SMALL = Setting(sizes=(3, 10), hang_every=8)


@pytest.fixture(scope="module")
def watched() -> list[Watched]:
    return prediction.run(160, 20_240_601, 1, SMALL)


@pytest.mark.parametrize("n", SMALL.sizes)
def test_the_targets_are_met_on_a_few_runs(watched: list[Watched], n: int) -> None:
    found, target = figures([one for one in watched if one.n == n and not one.hang]), TARGETS[n]

    assert all(error <= 1.15 * most for error, most in zip(found.errors, target.errors, strict=True))
    assert target.covers[0] <= found.covers <= 0.97
    assert found.brier <= target.brier
    assert found.auc >= target.auc
    assert found.recall >= target.recall - 0.1
    assert found.false_alarms <= 0.03


def test_no_common_rule_comes_as_close(watched: list[Watched]) -> None:
    guesses = [guess for one in watched if one.n == 10 for guess in one.guesses]
    for share in SHARES:
        errors = {
            rule: fmean(one.error for one in guesses if (one.rule, one.share) == (rule, share)) for rule in (PRODUCT, *RULES)
        }
        assert errors[PRODUCT] == min(errors.values())
        assert errors[PRODUCT] < 0.5 * errors["median - elapsed"]


def test_runs_that_hang_are_found(watched: list[Watched]) -> None:
    hung = [one.raised for one in watched if one.hang]

    assert len(hung) == 20
    assert all(at is not None for at in hung)


def test_tables_name_what_is_missed(watched: list[Watched]) -> None:
    rows = [*target_rows(watched), *comparison_rows(watched, 10), *law_rows(watched)]
    assert sum("lognormal" in row for row in rows) == 1
    blind = [Watched(law=Law.LOGNORMAL, n=10, exceeded=one.exceeded, p_half=0.5, guesses=one.guesses) for one in watched]
    assert any("MISS" in row and "recall" in row and "Brier" in row for row in target_rows(blind))


def test_the_area_under_the_curve() -> None:
    assert auc([(0.9, True), (0.8, True), (0.1, False)]) == 1.0
    assert auc([(0.5, True), (0.5, False)]) == 0.5
    assert auc([(0.1, True), (0.5, False)]) == 0.0


# --- made-up runs ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("law", Law)
def test_runs_follow_the_law_that_sets_their_limit(law: Law) -> None:
    one = workflow(law, np.random.default_rng(4))
    truth = durations(one, np.random.default_rng(5))
    rng = np.random.default_rng(6)
    made = np.array([make(one, rng).seconds for _ in range(1500)])

    assert np.mean(made > np.quantile(truth, 0.9)) == pytest.approx(0.1, abs=0.03)
    assert np.median(made) == pytest.approx(np.median(truth), rel=0.05)


def test_lines_come_in_the_order_of_time_with_every_step() -> None:
    rng = np.random.default_rng(2)
    run = next(run for run in (make(workflow(Law.LOGNORMAL, rng), rng) for _ in range(50)) if Part.SECOND in run.parts)
    printed = list(lines(run))
    times = [event.at or 0.0 for event in printed]

    assert times == sorted(times)
    assert times[0] == 0.0
    assert times[-1] == pytest.approx(run.seconds - run.parts[Part.POST])
    assert len(list(lines(run, bars_only=True))) == sum(len(steps) + 1 for steps in run.steps)


def test_rules_that_are_compared() -> None:
    run = MadeRun(
        cold=False,
        parts={Part.LOAD: 10.0, Part.ENCODE: 5.0, Part.SAMPLE: 20.0, Part.DECODE: 4.0, Part.POST: 1.0},
        steps=(np.full(10, 2.0),),
    )

    curve = estimate({"": [Observation(seconds=40.0, finished=True)] * 5})[""].curve
    past = Past(runs=[run], curve=curve)
    moment = Moment.of(run, 23.0)

    assert (moment.part, moment.in_part, moment.done, moment.done_seconds, moment.steps) == (Part.SAMPLE, 8.0, 4, 8.0, 10)
    found = {name: rule(moment, past) for name, rule in RULES.items()}
    assert found["median - elapsed"] == 17.0
    assert found["point phase sum"] == pytest.approx(12 + 5)
    assert found["tqdm's ETA"] == 12.0
    assert found["elapsed by nodes"] == pytest.approx(23 * 3 / 2)
    assert 10 < found["conditional survival"] < 20


# --- the long tier -----------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_all_targets_on_four_thousand_runs() -> None:
    rows = list(prediction.tables(prediction.run(4000, 1, 1, Setting(sizes=tuple(TARGETS), hang_every=4))))
    print("\n".join(rows))
    assert [row for row in rows if "MISS" in row] == []
