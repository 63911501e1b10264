"""Do live predictions keep their word? On made-up runs, watched line by line; prints achieved beside wanted.

python -m benchmarks.prediction                  4,000 runs per row, minutes; exits with 1 if a target is missed
python -m benchmarks.prediction --jobs 2         the same in two processes; --targets-only leaves out what is not judged
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from multiprocessing import get_context

from benchmarks.prediction_cost import cost_rows
from benchmarks.prediction_generator import Law
from benchmarks.prediction_scores import Setting, Watched, score_workflow
from benchmarks.prediction_targets import (
    CALIBRATED_RUNS,
    TARGETS,
    calibration_rows,
    comparison_rows,
    hang_rows,
    law_rows,
    target_rows,
)

_HANG_EVERY = 4


def run(runs: int, seed: int, jobs: int, setting: Setting) -> list[Watched]:
    """`runs` watched runs per size of history, in processes or not; the same for any number of jobs."""
    places = range(max(1, -(-runs // setting.runs)))
    work = partial(score_workflow, seed=seed, setting=setting)
    if jobs == 1:
        return [score for place in places for score in work(place)]
    with get_context("spawn").Pool(jobs) as pool:
        return [score for scores in pool.imap(work, places, chunksize=1) for score in scores]


def tables(watched: Sequence[Watched]) -> Iterator[str]:
    """The judged tables."""
    yield "\nThe limit is the true 90 % point; wanted values below each row"
    yield from target_rows(watched)
    yield f"\nStated chances at half of the limit, {CALIBRATED_RUNS} past runs"
    yield from calibration_rows(watched)
    yield "\nRuns that hang"
    yield from hang_rows(watched)


def others(runs: int, seed: int, jobs: int) -> Iterator[str]:
    """Made-up runs of other kinds, not judged."""
    yield "\nOther laws (gamma, Weibull), not judged: the wanted values were made for lognormal parts"
    laws = (Law.GAMMA, Law.WEIBULL)
    watched = run(runs, seed + 1, jobs, Setting(sizes=tuple(TARGETS), laws=laws))
    yield from (row.partition("  MISS")[0].removesuffix("  ok") for row in target_rows(watched))
    yield from law_rows(watched)
    yield "\nA log without its messages (only the samplers' bars are seen), not judged"
    watched = run(runs, seed, jobs, Setting(sizes=tuple(TARGETS), bars_only=True))
    yield from (row.partition("  MISS")[0].removesuffix("  ok") for row in target_rows(watched))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=4000, help="watched runs per size of history (half as many of other kinds)")
    parser.add_argument("--seed", type=int, default=20_240_601)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--targets-only", action="store_true", help="leave out the tables that are not judged")
    given = parser.parse_args(arguments)
    began = time.monotonic()
    watched = run(given.runs, given.seed, given.jobs, Setting(sizes=tuple(TARGETS), hang_every=_HANG_EVERY))
    judged = list(tables(watched))
    rows = [*judged, f"\nCompared, {CALIBRATED_RUNS} past runs", *comparison_rows(watched, CALIBRATED_RUNS)]
    if not given.targets_only:
        rows += others(given.runs // 2, given.seed, given.jobs)
    rows += ["\nTime per prediction", *cost_rows()]
    head = f"{given.runs} runs per row, seed {given.seed}, {time.monotonic() - began:.0f} s"
    sys.stdout.write("\n".join([head, *rows]) + "\n")
    return int(any("MISS" in row for row in judged))


if __name__ == "__main__":
    sys.exit(main())
