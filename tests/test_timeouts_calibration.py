"""The recommendations keep their risk on made-up servers with known truth: a guard in the suite, the targets in the long tier."""

import numpy as np
import pytest

from analyzer.timeouts.samples import sample
from benchmarks import calibration
from benchmarks.calibration_generator import TRUTH_DRAWS, Family, draw, observations, shop
from benchmarks.calibration_rules import RULES
from benchmarks.calibration_targets import AGAINST_MAX, Score
from tests.test_timeouts_estimate import ran


def _mean(scores: list[Score], rule: str, n: int, censored: bool) -> float:
    return float(np.mean([one.exceeded for one in scores if (one.rule, one.n, one.censored) == (rule, n, censored)]))


def test_the_risk_is_kept_and_killed_runs_do_not_break_it() -> None:
    scores = calibration.run(40, 20_240_601, 1, (3, 20))
    for n in (3, 20):
        assert _mean(scores, "product", n, False) <= 0.015
        assert _mean(scores, "product", n, True) <= 0.018
        assert _mean(scores, "product", n, True) <= AGAINST_MAX * _mean(scores, "max x 1.1", n, True)


@pytest.mark.long
def test_all_targets_on_a_thousand_pairs() -> None:
    sizes = (1, 5, 20, 200)
    scores = calibration.run(1000, 1, 1, sizes)
    few = calibration.run(500, 2, 1, sizes, Family.FEW_STEP)
    missed = [row for row in calibration.tables(scores, few) if "MISS" in row]
    assert missed == []


@pytest.mark.parametrize("family", Family)
def test_generated_runs_are_usable_and_the_same_for_a_seed(family: Family) -> None:
    first, second = (np.random.default_rng(3) for _ in range(2))
    seconds, cold = draw(shop(family, first)[0], 500, first)
    again, _ = draw(shop(family, second)[0], 500, second)
    np.testing.assert_array_equal(seconds, again)
    assert seconds.min() > 1
    assert cold.any() == (family not in (Family.WARM_ONLY, Family.PLAIN))
    limit = float(np.quantile(seconds, 0.8))
    cut = observations(seconds, cold, limit)
    assert sum(not one.finished for one in cut) == 100
    assert max(one.seconds for one in cut) == limit
    assert TRUTH_DRAWS >= 40_000


def test_rules_that_are_compared() -> None:
    history = sample([*ran(*[float(i) for i in range(1, 101)]), *ran(100.0, finished=False)])
    found = {name: rule(history) for name, rule in RULES.items()}
    assert found["max x 1.1"] == pytest.approx(110)
    assert found["max x 1.5"] == 150
    assert found["empirical p99"] == 100
    assert found["Kaplan-Meier q99"] == 100
    assert found["mean + 3 sd"] == pytest.approx(51 + 3 * 29.3, rel=0.01)
