"""Do the recommended timeouts keep their risk? On made-up servers with known truth; prints achieved beside wanted.

python -m benchmarks.calibration                  about 300 (workflow, history) pairs per size, minutes
python -m benchmarks.calibration --pairs 1000     the long tier; --jobs 2 for two processes
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from multiprocessing import get_context

import numpy as np

from analyzer.timeouts.estimate import estimate
from analyzer.timeouts.samples import sample
from benchmarks.calibration_generator import MODES_PER_SHOP, TRUTH_DRAWS, Bools, Family, Floats, draw, observations, shop
from benchmarks.calibration_rules import RULES
from benchmarks.calibration_targets import (
    BUDGETS,
    TARGETS,
    Score,
    budget_rows,
    comparison_rows,
    few_step_rows,
    product_rows,
)

_RISK = 0.01
_LIMIT_QUANTILES = (0.70, 0.93)


def score_shop(place: int, *, seed: int, sizes: Sequence[int], family: Family | None) -> list[Score]:
    """All scores of one made-up server: its five workflows at every size, clean and killed at an old limit."""
    rng = np.random.default_rng([seed, place])
    kind = family or list(Family)[place % len(Family)]
    modes = shop(kind, rng)
    truth = [np.sort(draw(mode, TRUTH_DRAWS, rng)[0]) for mode in modes]
    runs = [draw(mode, max(sizes), rng) for mode in modes]
    limits = [float(np.quantile(known, rng.uniform(*_LIMIT_QUANTILES))) for known in truth]
    scores: list[Score] = []
    for n in sizes:
        scores += _score(kind, n, truth, runs, None)
        scores += _score(kind, n, truth, runs, limits)
    return scores


def _score(
    family: Family, n: int, truth: list[Floats], runs: list[tuple[Floats, Bools]], limits: list[float] | None
) -> Iterator[Score]:
    ends = limits or [np.inf] * len(runs)
    histories = {str(i): observations(x[:n], cold[:n], ends[i]) for i, (x, cold) in enumerate(runs)}
    for (name, found), known in zip(estimate(histories, _RISK).items(), truth, strict=True):
        one = partial(_against, known, family, n, limits is not None)
        yield one("product", found.wanted_seconds)
        for budget in BUDGETS:
            yield one(f"S {budget}", found.curve.inverse(budget))
        history = sample(histories[name])
        for rule, limit in RULES.items():
            yield one(rule, limit(history))


def _against(known: Floats, family: Family, n: int, censored: bool, rule: str, seconds: float) -> Score:
    exceeded = 1 - float(np.searchsorted(known, seconds, side="right")) / len(known)
    ninety_nine, ninety_eight = np.quantile(known, [0.99, 0.98])
    ratio = float(seconds / ninety_nine)
    covers = bool(seconds >= ninety_eight)
    return Score(family=family, n=n, censored=censored, rule=rule, exceeded=exceeded, ratio=ratio, covers98=covers)


def run(pairs: int, seed: int, jobs: int, sizes: Sequence[int], family: Family | None = None) -> list[Score]:
    """Scores of `pairs` workflows, in processes or not; the same for any number of jobs."""
    shops = range(max(1, -(-pairs // MODES_PER_SHOP)))
    work = partial(score_shop, seed=seed, sizes=tuple(sizes), family=family)
    if jobs == 1:
        return [score for place in shops for score in work(place)]
    with get_context("spawn").Pool(jobs) as pool:
        return [score for scores in pool.imap(work, shops, chunksize=1) for score in scores]


def tables(scores: Sequence[Score], few: Sequence[Score]) -> Iterator[str]:
    yield f"\nRecommended for 1 %, clean histories ({len({one.family for one in scores})} families)"
    yield from product_rows(scores, censored=False)
    yield "\nThe same, runs killed at the true 70 to 93 % point"
    yield from product_rows(scores, censored=True)
    yield "\nFew-step workflows alone: exceeded %"
    yield from few_step_rows(few)
    yield "\nOther budgets, clean, before rails: exceeded %"
    yield from budget_rows(scores)
    for censored in (False, True):
        yield f"\nRules compared, {'killed' if censored else 'clean'}: exceeded % / covers p99 % / median of limit to p99"
        yield from comparison_rows(scores, censored)
    yield "\nBy family, clean: exceeded % of the product"
    yield from _by_family(scores)


def _by_family(scores: Sequence[Score]) -> Iterator[str]:
    for family in dict.fromkeys(one.family for one in scores):
        cells = {n: [s.exceeded for s in scores if s.family == family and s.n == n and _clean(s)] for n in TARGETS}
        yield f"{family:<14}" + "".join(f"{n:>6}: {100 * np.mean(cell):.2f}" for n, cell in cells.items() if cell)


def _clean(score: Score) -> bool:
    return score.rule == "product" and not score.censored


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=320, help="workflows per cell (1000 or more: the long tier)")
    parser.add_argument("--seed", type=int, default=20_240_601)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--sizes", default=",".join(map(str, TARGETS)), help="numbers of runs per workflow")
    given = parser.parse_args(arguments)
    sizes = [int(text) for text in given.sizes.split(",")]
    began = time.monotonic()
    scores = run(given.pairs, given.seed, given.jobs, sizes)
    few = run(given.pairs // 2, given.seed + 1, given.jobs, sizes, Family.FEW_STEP)
    took = time.monotonic() - began
    head = f"pairs per cell {given.pairs} (few-step alone {given.pairs // 2}), seed {given.seed}, {took:.0f} s"
    sys.stdout.write("\n".join([head, *tables(scores, few)]) + "\n")


if __name__ == "__main__":
    main()
