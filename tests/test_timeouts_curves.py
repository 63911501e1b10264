"""The numbers under the advice, against SciPy and lifelines: t tails, the grid, Kaplan-Meier, fixed draws, table look-ups."""

import math

import numpy as np
import pytest

from analyzer.timeouts.curve import Curve
from analyzer.timeouts.draws import beta_quantile, interval, normal_quantile, uniforms
from analyzer.timeouts.grid import Prior, posterior
from analyzer.timeouts.kaplan_meier import empirical, kaplan_meier
from analyzer.timeouts.observations import Observation
from analyzer.timeouts.points import Points, censored_normal
from analyzer.timeouts.samples import sample
from analyzer.timeouts.tails import log_density, log_tail, tail

stats = pytest.importorskip("scipy.stats")
Z = np.concatenate([np.linspace(-60, 60, 241), [1e3, 1e6]])


@pytest.mark.parametrize("nu", [2, 4, 12, 30])
def test_t_against_scipy(nu: int) -> None:
    np.testing.assert_allclose(log_density(Z, nu), stats.t.logpdf(Z, nu), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(tail(Z, nu), stats.t.sf(Z, nu), atol=2e-15)
    # Far out an approximation takes over; a quarter of a per cent in the logarithm is far below what a grid can see.
    np.testing.assert_allclose(log_tail(Z, nu), stats.t.logsf(Z, nu), rtol=0.004, atol=1e-6)


def _history(count: int, *, seed: int, limit: float = math.inf) -> list[Observation]:
    times = np.exp(np.random.default_rng(seed).normal(5, 0.3, count)).round(1)
    return [Observation(seconds=float(min(x, limit)), finished=bool(x <= limit)) for x in times]


@pytest.mark.parametrize("limit", [math.inf, 170.0])
def test_kaplan_meier_against_scipy(limit: float) -> None:
    history = _history(300, seed=1, limit=limit)
    steps = kaplan_meier(sample(history))
    done = [one.seconds for one in history if one.finished]
    data = stats.CensoredData(uncensored=done, right=[one.seconds for one in history if not one.finished])
    curve = stats.ecdf(data).sf
    np.testing.assert_allclose(steps.survival, curve.probabilities[np.isin(curve.quantiles, done)], atol=1e-12)


def test_kaplan_meier_with_weights_against_lifelines() -> None:
    fitter_type = pytest.importorskip("lifelines").KaplanMeierFitter
    history = _history(60, seed=2, limit=170.0)
    weights = np.arange(1, 61) / 10
    used = sample(history).weighted(weights)
    with pytest.warns(Warning, match="weights"):  # lifelines wants whole weights for its intervals, which are not used here
        fitter = fitter_type().fit(used.seconds, used.finished, weights=used.weights)
    steps = kaplan_meier(used)
    np.testing.assert_allclose(steps.survival, fitter.predict(steps.seconds), atol=1e-9)


def test_worth_of_complete_runs_is_their_number() -> None:
    steps = kaplan_meier(sample(_history(200, seed=3)))
    np.testing.assert_allclose(steps.worth[:-1], 200, rtol=1e-6)


def test_empirical_curve_counts_one_more_run_and_goes_on_like_the_model() -> None:
    history = sample([Observation(seconds=float(x), finished=True) for x in range(10, 110)])
    logs = np.log(np.linspace(5, 1000, 500))
    model = Curve.of(logs, np.exp(-np.exp(logs) / 100))
    shown = empirical(kaplan_meier(history), 100, logs, model)
    assert shown.survival(112) == pytest.approx(math.exp(-0.03) / 101, rel=0.02)
    assert shown.survival(300) / shown.survival(200) == pytest.approx(math.exp(-1), rel=0.02)


def _posterior_by_hand(logs: np.ndarray, prior: Prior) -> float:
    """E mu by brute force over a fine grid with SciPy's density."""
    mu, sigma = np.linspace(3, 7, 801)[:, None, None], np.exp(np.linspace(-4, 1, 161))[None, :, None]
    total, first = 0.0, 0.0
    for nu, share in {4: 0.5, 12: 0.3, 30: 0.2}.items():
        level = stats.t.logpdf((logs - mu) / sigma, nu).sum(axis=-1) - len(logs) * np.log(sigma[..., 0])
        level = level + stats.norm.logpdf(np.log(sigma[..., 0]), math.log(0.2), 0.67)
        level = level + stats.norm.logpdf(mu[..., 0], prior.mean, prior.sd)
        weight = share * np.exp(level + 5)
        total += float(weight.sum())
        first += float((weight * mu[..., 0]).sum())
    return first / total


@pytest.mark.parametrize("count", [1, 3, 12, 60])
def test_grid_against_brute_force(count: int) -> None:
    logs = np.random.default_rng(count).normal(5, 0.25, count)
    points = Points.of(np.exp(logs), np.ones(count), np.ones(count))
    found = posterior(points, Prior())
    assert found.weight.sum() == pytest.approx(1)
    assert found.mean_mu == pytest.approx(_posterior_by_hand(logs, Prior()), abs=0.02)


def test_grid_finds_a_narrow_posterior() -> None:
    logs = np.random.default_rng(5).normal(5, 0.25, 20_000)
    found = posterior(Points.of(np.exp(logs), np.ones(20_000), np.ones(20_000)), Prior())
    assert found.mean_mu == pytest.approx(logs.mean(), abs=0.003)
    assert float(np.sum(found.weight * found.sigma)) == pytest.approx(0.25, rel=0.08)  # t with 30 degrees, not normal


def test_binned_points_keep_weight_and_finished() -> None:
    rng = np.random.default_rng(4)
    finished = (rng.random(5000) < 0.9).astype(np.float64)
    points = Points.of(np.exp(rng.normal(5, 0.4, 5000)), finished, np.ones(5000))
    assert len(points.logs) <= 256
    assert points.total == pytest.approx(5000)
    assert points.observed == pytest.approx(finished.sum())


def test_centre_of_the_grid_under_censoring_against_scipy() -> None:
    logs = np.random.default_rng(8).normal(5, 0.3, 400)
    cut = logs > 5.2
    points = Points(logs=np.minimum(logs, 5.2), finished=(~cut).astype(np.float64), weights=np.ones(400))
    data = stats.CensoredData(uncensored=logs[~cut], right=np.full(int(cut.sum()), 5.2))
    mean, spread = stats.norm.fit(data)
    assert censored_normal(points, steps=60) == pytest.approx((mean, spread), abs=0.01)


def test_fixed_draws_are_stratified_and_the_same_every_time() -> None:
    numbers = uniforms(3)
    np.testing.assert_array_equal(numbers, uniforms(3))
    for column in numbers.T:
        np.testing.assert_allclose(np.sort(column), (np.arange(400) + 0.5) / 400)
    assert np.abs(np.corrcoef(numbers.T) - np.eye(4)).max() < 0.05
    assert np.abs(np.corrcoef(numbers.T, uniforms(4).T)[:4, 4:]).max() < 0.2


@pytest.mark.parametrize(("a", "b"), [(0.5, 1.5), (0.1, 20.0), (3.0, 9.0), (2.0, 98.0), (400.0, 9600.0), (0.003, 6.0)])
def test_beta_quantiles_against_scipy(a: float, b: float) -> None:
    chances = np.linspace(0.05, 0.95, 19)
    np.testing.assert_allclose(beta_quantile(a, b, chances), stats.beta.ppf(chances, a, b), rtol=0.02, atol=1e-6)


def test_normal_quantiles_against_scipy() -> None:
    chances = np.array([0.001, 0.1, 0.5, 0.77, 0.999])
    np.testing.assert_allclose(normal_quantile(chances), stats.norm.ppf(chances), atol=1e-9)


def test_interval_is_the_middle() -> None:
    assert interval(np.linspace(0, 1, 101)) == pytest.approx((0.1, 0.9))


CURVE = Curve.of(np.log(np.linspace(50, 5000, 400)), np.exp(-np.linspace(50, 5000, 400) / 100))


@pytest.mark.parametrize("seconds", [60.0, 300.0, 900.0])
def test_curve_and_its_inverse(seconds: float) -> None:
    assert CURVE.survival(seconds) == pytest.approx(math.exp(-seconds / 100), rel=0.02)
    assert CURVE.inverse(CURVE.survival(seconds)) == pytest.approx(seconds, rel=1e-6)
    assert CURVE.conditional(seconds + 100, seconds) == pytest.approx(math.exp(-1), rel=0.03)


def test_curve_outside_its_table() -> None:
    assert CURVE.survival(0) == CURVE.survival(-5) == 1
    assert 1 > CURVE.survival(10) > CURVE.survival(49) > CURVE.survival(51)
    assert CURVE.inverse(CURVE.survival(10)) == pytest.approx(10, rel=1e-6)
    assert 0 <= CURVE.survival(1e5) < CURVE.survival(5000)
    assert CURVE.conditional(10, 20) == 1
