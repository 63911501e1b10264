"""What the recommendations must reach on made-up servers, and the tables that show whether they do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One recommendation against the truth. `exceeded`: the true chance of a longer run; `ratio`: to the true 99 % point."""

    family: str
    n: int
    censored: bool
    rule: str
    exceeded: float
    ratio: float
    covers98: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    exceeded: float
    covers99: float
    covers98: float
    low: float
    high: float
    ninetieth: float


TARGETS: dict[int, Target] = {
    1: Target(exceeded=0.018, covers99=0.85, covers98=0.88, low=1.3, high=3.6, ninetieth=4.5),
    2: Target(exceeded=0.015, covers99=0.85, covers98=0.88, low=1.3, high=2.7, ninetieth=3.6),
    3: Target(exceeded=0.015, covers99=0.85, covers98=0.88, low=1.3, high=2.7, ninetieth=3.6),
    5: Target(exceeded=0.014, covers99=0.83, covers98=0.88, low=1.2, high=2.2, ninetieth=3.4),
    10: Target(exceeded=0.012, covers99=0.80, covers98=0.88, low=1.1, high=1.8, ninetieth=2.9),
    20: Target(exceeded=0.012, covers99=0.72, covers98=0.86, low=1.05, high=1.6, ninetieth=2.4),
    50: Target(exceeded=0.012, covers99=0.65, covers98=0.86, low=1.0, high=1.35, ninetieth=2.0),
    200: Target(exceeded=0.012, covers99=0.50, covers98=0.85, low=0.95, high=1.12, ninetieth=1.5),
    1000: Target(exceeded=0.0115, covers99=0.45, covers98=0.95, low=0.97, high=1.05, ninetieth=1.15),
}
CENSORED_EXTRA = 0.003
CENSORED_COVERS = 0.75
CENSORED_NINETIETH = 3.4
FEW_STEP = {1: 0.06, 2: 0.06, 3: 0.06, 5: 0.04, 10: 0.04, 20: 0.04, 50: 0.04, 200: 0.04, 1000: 0.04}
BUDGETS = {0.10: (0.075, 0.11), 0.05: (0.032, 0.058), 0.02: (0.009, 0.025), 0.005: (0.0, 0.007)}
LIGHT_TAILED = ("gamma", "weibull")
AGAINST_MAX = 0.25
_HEAD = f"{'n':>5} {'exceeded % (error)':>19} {'p99 %':>6} {'p98 %':>6} {'median':>7} {'90 %':>6}  limits"


def product_rows(scores: Sequence[Score], censored: bool) -> Iterator[str]:
    """Achieved beside wanted; MISS names what is outside."""
    yield _HEAD
    for n, target in TARGETS.items():
        cell = [one for one in scores if one.n == n and one.censored is censored and one.rule == "product"]
        if cell:
            yield _product_row(n, cell, target, censored)


def _product_row(n: int, cell: Sequence[Score], target: Target, censored: bool) -> str:
    exceeded = np.array([one.exceeded for one in cell])
    ratio = np.array([one.ratio for one in cell])
    covers99, covers98 = float(np.mean(ratio >= 1)), float(np.mean([one.covers98 for one in cell]))
    middle, ninetieth = float(np.median(ratio)), float(np.quantile(ratio, 0.9))
    error = float(exceeded.std()) / np.sqrt(len(cell))
    most = target.exceeded + (CENSORED_EXTRA if censored else 0)
    checks = {"exceeded": exceeded.mean() <= most}
    if censored:
        checks |= {"p99": covers99 >= CENSORED_COVERS or n > 50, "90 %": ninetieth <= max(CENSORED_NINETIETH, target.ninetieth)}
    else:
        checks |= {"p99": covers99 >= target.covers99, "p98": covers98 >= target.covers98}
        checks |= {"median": target.low <= middle <= target.high, "90 %": ninetieth <= target.ninetieth}
    missed = [name for name, held in checks.items() if not held]
    return (
        f"{n:>5} {100 * exceeded.mean():>11.2f} ({100 * error:.2f}) {100 * covers99:>6.0f} {100 * covers98:>6.0f} "
        f"{middle:>7.2f} {ninetieth:>6.2f}  <= {100 * most:.2f} %  {'MISS ' + ', '.join(missed) if missed else 'ok'}"
    )


def few_step_rows(scores: Sequence[Score]) -> Iterator[str]:
    for n, most in FEW_STEP.items():
        cell = [one.exceeded for one in scores if one.n == n and not one.censored and one.rule == "product"]
        if cell:
            held = "ok" if np.mean(cell) <= most else "MISS"
            error = np.std(cell) / np.sqrt(len(cell))
            yield f"{n:>5} {100 * np.mean(cell):>6.2f} ({100 * error:.2f})  <= {100 * most:.0f} %  {held}"


def budget_rows(scores: Sequence[Score]) -> Iterator[str]:
    """Judged on the families with lognormal parts, for which the ranges were made; all families beside them."""
    for budget, (low, high) in BUDGETS.items():
        for n in TARGETS:
            every = [one for one in scores if one.n == n and one.rule == f"S {budget}" and not one.censored]
            cell = [one.exceeded for one in every if one.family not in LIGHT_TAILED]
            if cell and n >= 20:
                held = "ok" if low <= np.mean(cell) <= high else "MISS"
                limits = f"{100 * low:.1f} to {100 * high:.1f} %"
                whole = _percent([one.exceeded for one in every])
                yield f"{100 * budget:>5.1f} % {n:>5} {_percent(cell)}  {limits:<14} {held:<5} all families {whole}"


def _percent(values: Sequence[float]) -> str:
    return f"{100 * np.mean(values):>6.2f} ({100 * np.std(values) / np.sqrt(len(values)):.2f})"


def comparison_rows(scores: Sequence[Score], censored: bool) -> Iterator[str]:
    """Mean exceedance % / covers p99 % / median ratio for every rule, and the guard against "max x 1.1"."""
    sizes = [n for n in TARGETS if any(one.n == n for one in scores)]
    yield f"{'rule':<18}" + "".join(f"{n:>18}" for n in sizes)
    rules = dict.fromkeys(one.rule for one in scores if not one.rule.startswith("S "))
    means: dict[tuple[str, int], float] = {}
    for rule in rules:
        texts = []
        for n in sizes:
            cell = [one for one in scores if one.n == n and one.rule == rule and one.censored is censored]
            means[rule, n] = float(np.mean([one.exceeded for one in cell]))
            covers = 100 * np.mean([one.ratio >= 1 for one in cell])
            texts.append(f"{100 * means[rule, n]:.1f} / {covers:.0f} / {np.median([one.ratio for one in cell]):.2f}")
        yield f"{rule:<18}" + "".join(f"{text:>18}" for text in texts)
    if censored:
        held = all(means["product", n] <= AGAINST_MAX * means["max x 1.1", n] for n in sizes if n >= 3)
        yield f"product at most a quarter of max x 1.1 from n = 3 on: {'ok' if held else 'MISS'}"
