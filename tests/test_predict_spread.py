"""What a few past values say about the next, against scipy's own laws."""

import math

import numpy as np
import pytest
from scipy import stats

from analyzer.predict.draws import DRAWS, PORTION, ROWS, uniforms
from analyzer.predict.spread import Spread

VALUES = (90.0, 100.0, 104.0, 98.0, 131.0, 99.0)


def law(spread: Spread) -> stats.rv_continuous:
    return stats.t(spread.degrees, loc=spread.middle, scale=spread.scale)


@pytest.mark.parametrize("n", [1, 2, 5, 6])
def test_the_next_value_follows_a_t_that_the_past_has_narrowed(n: int) -> None:
    spread = Spread.of(VALUES[:n], 0.25)
    logs = np.log(VALUES[:n])
    middle = logs.mean() if n < 5 else np.median(logs)
    squares = float(np.sum((logs - middle) ** 2))

    assert spread.middle == pytest.approx(middle)
    assert spread.degrees == 4 + n - 1
    assert spread.scale == pytest.approx(math.sqrt((4 * 0.25**2 + squares) / spread.degrees * (1 + 1 / n)))


@pytest.mark.parametrize("spread", [Spread.of(VALUES[:1], 0.4), Spread.of(VALUES, 0.1), Spread.guess(45.0)])
def test_draws_and_tails_are_those_of_the_law(spread: Spread) -> None:
    chances = np.linspace(0.001, 0.999, 97)
    expected = np.exp(law(spread).ppf(chances))

    assert spread.draw(chances) == pytest.approx(expected, rel=2e-3)
    for seconds in (1e-9, 10.0, 45.0, 100.0, 250.0):
        assert spread.longer(seconds) == pytest.approx(law(spread).sf(math.log(seconds)), abs=2e-5)
    assert spread.longer(0.0) == 1.0


@pytest.mark.parametrize("elapsed", [0.0, 60.0, 100.0, 160.0])
def test_what_is_left_is_the_law_given_that_it_has_lasted_so_long(elapsed: float) -> None:
    spread = Spread.of(VALUES, 0.25)
    chances = uniforms(DRAWS)[0]
    left = spread.left(elapsed, chances)

    assert left.min() >= 0
    lasted = law(spread).sf(math.log(elapsed)) if elapsed else 1.0
    for more in (1.0, 20.0, 80.0):
        assert np.mean(left > more) == pytest.approx(law(spread).sf(math.log(elapsed + more)) / lasted, abs=2 / DRAWS)


def test_beyond_all_that_is_known_the_longer_it_lasts_the_longer_it_will() -> None:
    spread = Spread.of(VALUES, 0.05)
    chances = uniforms(DRAWS)[0]
    short, long = (float(np.median(spread.left(elapsed, chances))) for elapsed in (1000.0, 4000.0))

    assert long == pytest.approx(4 * short)
    assert short == pytest.approx(1000.0 * (0.5 ** (-1 / 1.5) - 1), rel=0.01)


def test_one_bad_run_does_not_widen_everything_and_zero_is_no_logarithm() -> None:
    calm, hung = Spread.of([10.0] * 20, 0.25), Spread.of([10.0] * 19 + [86_400.0], 0.25)

    assert hung.middle == calm.middle
    assert hung.scale < 3 * calm.scale
    assert math.isfinite(Spread.of([0.0, 0.0], 0.25).middle)


@pytest.mark.parametrize("count", [PORTION, DRAWS])
def test_uniforms_are_spread_evenly_and_always_the_same(count: int) -> None:
    found = uniforms(count)
    uniforms.cache_clear()

    np.testing.assert_array_equal(found, uniforms(count))
    assert found.shape == (ROWS, count)
    for row in found:
        np.testing.assert_allclose(np.sort(row), (np.arange(count) + 0.5) / count)
    assert np.abs(np.asarray(np.corrcoef(found)) - np.eye(ROWS)).max() < 0.6
