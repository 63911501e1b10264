"""Common rules for a timeout, to compare with: each takes durations (those of killed runs as recorded) and gives seconds."""

from collections.abc import Callable

import numpy as np

from analyzer.timeouts.kaplan_meier import kaplan_meier
from analyzer.timeouts.samples import Sample

Rule = Callable[[Sample], float]


def _max_and_tenth(sample: Sample) -> float:
    return 1.1 * float(sample.seconds.max())


def _max_and_half(sample: Sample) -> float:
    return 1.5 * float(sample.seconds.max())


def _mean_three_sd(sample: Sample) -> float:
    sd = float(sample.seconds.std(ddof=1)) if len(sample.seconds) > 1 else 0.1 * float(sample.seconds.mean())
    return float(sample.seconds.mean()) + 3 * sd


def _empirical_p99(sample: Sample) -> float:
    return float(np.quantile(sample.seconds, 0.99))


def _kaplan_meier_q99(sample: Sample) -> float:
    """The maximum where the curve does not come down to 1 %."""
    steps = kaplan_meier(sample)
    below = np.flatnonzero(steps.survival <= 0.01 + 1e-12)
    return float(steps.seconds[below[0]]) if len(below) else float(sample.seconds.max())


RULES: dict[str, Rule] = {
    "max x 1.1": _max_and_tenth,
    "max x 1.5": _max_and_half,
    "mean + 3 sd": _mean_three_sd,
    "empirical p99": _empirical_p99,
    "Kaplan-Meier q99": _kaplan_meier_q99,
}
