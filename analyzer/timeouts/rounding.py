"""Timeouts as people set them: rounded up to human steps, coarser the longer they are."""

import math

# (up to, step): 15 s up to 2 minutes, 30 s to 5 minutes, 60 s to 20 minutes, 5 minutes above.
_STEPS = ((120.0, 15.0), (300.0, 30.0), (1200.0, 60.0), (math.inf, 300.0))


def round_up(seconds: float) -> float:
    """The lowest rung not below `seconds`: 587 -> 600, 821 -> 840."""
    step = _step(seconds)
    return math.ceil(seconds / step - 1e-9) * step


def rung_below(rung: float) -> float:
    """The next lower rung: 600 -> 540, 300 -> 270."""
    return max(rung - _step(rung), 0.0)


def _step(seconds: float) -> float:
    return next(step for limit, step in _STEPS if seconds <= limit)
