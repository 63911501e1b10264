"""The fixed numbers in (0, 1) behind every prediction, so that equal states give equal answers and nothing flickers."""

from functools import lru_cache

import numpy as np

from analyzer.timeouts.tails import FloatArray

DRAWS = 600
# Draws are handed out in portions, so that few different sets are kept.
PORTION = 60
ROWS = 25


@lru_cache(maxsize=DRAWS // PORTION)
def uniforms(count: int) -> FloatArray:
    """`ROWS` rows of `count` numbers; each holds the midpoints of `count` equal parts once, in an order of its own."""
    shuffled = np.random.Generator(np.random.PCG64(count)).random((ROWS, count))
    return (np.argsort(shuffled, axis=1, kind="stable") + 0.5) / count
