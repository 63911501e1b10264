"""Before and after: the estimate against SciPy, honesty about few runs, what is compared with what."""

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analyzer.comparison import FEWEST_RUNS, Change, Judgement, change, compare
from analyzer.runs.model import Outcome, Phase, Run, Start, Workflow
from tests.builders import phase, run


def total(before: list[float], after: list[float]) -> Change:
    return change("Flux", "total", before, after)


def test_the_probability_is_mann_whitneys() -> None:
    draw = random.Random(7)
    before = [draw.lognormvariate(4, 0.3) for _ in range(23)]
    after = [draw.lognormvariate(4.2, 0.3) for _ in range(17)]

    found = total(before, after)

    assert found.probability_longer == pytest.approx(stats.mannwhitneyu(after, before).statistic / (23 * 17))


def test_the_judgement_agrees_with_mann_whitneys_test() -> None:
    draw = random.Random(11)
    agreed = 0
    for _ in range(200):
        shift = draw.uniform(-0.5, 0.5)
        before = [draw.lognormvariate(4, 0.3) for _ in range(12)]
        after = [draw.lognormvariate(4 + shift, 0.3) for _ in range(12)]
        different = stats.mannwhitneyu(after, before, method="asymptotic").pvalue < 0.05
        agreed += different == (total(before, after).judgement in (Judgement.SLOWER, Judgement.FASTER))
    assert agreed >= 190


def test_the_interval_covers_the_true_ratio_as_often_as_it_says() -> None:
    draw = random.Random(13)
    covered = 0
    for _ in range(1000):
        before = [draw.lognormvariate(4, 0.4) for _ in range(10)]
        after = [1.3 * draw.lognormvariate(4, 0.4) for _ in range(15)]
        interval = total(before, after).ratio_interval
        assert interval is not None
        covered += interval[0] <= 1.3 <= interval[1]
    # 95 % of 1000, within three standard errors.
    assert abs(covered - 950) <= 3 * math.sqrt(1000 * 0.95 * 0.05) + 10


@pytest.mark.parametrize(
    ("before", "after", "judgement"),
    [
        ([100.0] * 3, [200.0] * 9, Judgement.TOO_FEW),
        ([100, 101, 102, 103, 104, 105], [200, 201, 202, 203, 204, 205], Judgement.SLOWER),
        ([200, 201, 202, 203, 204, 205], [100, 101, 102, 103, 104, 105], Judgement.FASTER),
        ([100, 110, 120, 130, 140], [101, 111, 121, 131, 141], Judgement.SAME),
        ([], [1.0], Judgement.TOO_FEW),
    ],
)
def test_judgements(before: list[float], after: list[float], judgement: Judgement) -> None:
    found = total(before, after)

    assert found.judgement is judgement
    assert (found.ratio is None) == (judgement is Judgement.TOO_FEW)


VALUES = st.lists(st.floats(0.01, 1e5), min_size=FEWEST_RUNS, max_size=40)


@given(VALUES, VALUES)
def test_swapping_before_and_after_inverts_the_ratio(before: list[float], after: list[float]) -> None:
    there, back = total(before, after), total(after, before)

    assert there.ratio is not None
    assert back.ratio is not None
    assert there.ratio * back.ratio == pytest.approx(1)
    assert there.ratio_interval is not None
    assert there.ratio_interval[0] <= there.ratio * (1 + 1e-9)
    assert there.ratio_interval[1] >= there.ratio * (1 - 1e-9)


def test_many_runs_are_thinned_without_moving_the_estimate() -> None:
    draw = random.Random(17)
    before = [draw.lognormvariate(4, 0.3) for _ in range(5000)]
    after = [1.2 * draw.lognormvariate(4, 0.3) for _ in range(5000)]

    assert total(before, after).ratio == pytest.approx(statistics.median(after) / statistics.median(before), rel=0.03)


def test_only_successful_runs_of_workflows_that_both_have_are_compared() -> None:
    other = Workflow(name="WAN21", signature="wan")
    found = compare(
        [run(1, duration_seconds=100.0), run(2, outcome=Outcome.ERROR, duration_seconds=1.0), run(3, workflow=other)],
        [run(1, duration_seconds=110.0, phases=(phase(Phase.SAMPLE, 60.0),))],
    )

    assert [(each.measure, each.runs_before, each.runs_after) for each in found.changes] == [("total", 1, 1), ("sample", 0, 1)]
    assert (found.only_before, found.only_after) == (("WAN21",), ())


def test_cold_runs_are_left_out_where_enough_warm_ones_are_there() -> None:
    runs = [run(1, start=Start.COLD, duration_seconds=500.0), *(run(n, duration_seconds=100.0) for n in range(2, 7))]

    found = compare(runs, runs)

    assert found.warm_only == ("Flux",)
    assert found.changes[0].median_before == 100


@pytest.mark.parametrize(("still", "judgement"), [(0, Judgement.FASTER), (2, Judgement.FASTER), (8, Judgement.SAME)])
def test_a_phase_that_went_away(still: int, judgement: Judgement) -> None:
    """Loads that are not there any more are the change that people make; the runs without one count, too."""

    def loading(seconds: float) -> Run:
        phases = (phase(Phase.MODEL_LOAD, seconds), phase(Phase.SAMPLE, 60.0)) if seconds else (phase(Phase.SAMPLE, 60.0),)
        return run(phases=phases, silence_seconds=5.0)

    before = [loading(30.0 + number) for number in range(10)]
    after = [loading(30.5 + number if number < still else 0.0) for number in range(10)]

    (found,) = [change for change in compare(before, after).changes if change.measure == "model_load"]

    assert (found.runs_before, found.runs_after) == (10, 10)
    assert found.judgement is judgement
    assert found.ratio is None
    assert found.median_after == (0.0 if still < 5 else pytest.approx(33.5, abs=1))


def test_a_load_that_no_stamp_could_time_is_not_taken_for_none() -> None:
    timed = [run(phases=(phase(Phase.MODEL_LOAD, 30.0),), silence_seconds=5.0)] * 5
    untimed = [run(phases=(phase(Phase.OTHER, 100.0),))] * 5

    (found,) = [change for change in compare(timed, untimed).changes if change.measure == "model_load"]

    assert (found.runs_after, found.median_after, found.judgement) == (0, None, Judgement.TOO_FEW)
