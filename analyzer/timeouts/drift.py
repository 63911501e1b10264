"""Old runs after a change: an epoch key that changed, or a shift that the durations themselves show.

Runs of an older epoch keep a small weight (a power prior, Ibrahim and Chen 2000) until twenty new ones are there: dropping them
at once would double the recommended limit, and keeping them would hold the limit up for good after a change for the better.
Without a key, two one-sided CUSUMs (Page 1954) look for a shift; as they give many false alarms on estimated
reference values, a shift counts only if all runs since confirm it.
"""

import math
from dataclasses import dataclass

import numpy as np

from analyzer.timeouts.order import median
from analyzer.timeouts.samples import BoolArray, Sample
from analyzer.timeouts.tails import FloatArray

_OLD_WEIGHT = 0.2
_OLD_RUNS = 5.0
_ENOUGH_NEW = 20.0
_WINDOW = 500
_LEAST, _REFERENCE = 20, 50
_SLACK, _ALARM, _CLIP = 0.5, 5.0, 3.0
_LEAST_SHIFT = 0.10  # ln seconds
_SURE = 4.0  # standard errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """`old` of the runs are of an older epoch. `known`: by its key, else by the durations. `change`: new to old, as a ratio."""

    old: int
    known: bool
    change: float | None
    since: float | None


def weights(sample: Sample) -> tuple[FloatArray, Drift | None]:
    """A factor for each run's weight: 1 in the current epoch, less before."""
    found = _by_key(sample)
    if found is None:
        shift = find_shift(residuals(sample)[0], sample.finished)
        found = None if shift is None else (shift, False)
    factors = np.ones(len(sample.seconds))
    if found is None:
        return factors, None
    old, known = found
    fading = max(0.0, 1 - (len(factors) - old) / _ENOUGH_NEW)
    factors[:old] = min(_OLD_WEIGHT, _OLD_RUNS / old) * fading
    return factors, Drift(old=old, known=known, change=_change(sample, old), since=sample.observations[old].at)


def _by_key(sample: Sample) -> tuple[int, bool] | None:
    """(number of runs before the last change of the key, True)."""
    keys = [one.epoch for one in sample.observations]
    if not keys or keys[-1] is None:
        return None
    old = max((place + 1 for place, key in enumerate(keys) if key is not None and key != keys[-1]), default=0)
    return (old, True) if old else None


def _change(sample: Sample, old: int) -> float | None:
    rest, _ = residuals(sample)
    before, after = rest[:old][sample.finished[:old]], rest[old:][sample.finished[old:]]
    return math.exp(median(after) - median(before)) if len(before) and len(after) else None


def residuals(sample: Sample) -> tuple[FloatArray, float]:
    """ln seconds less the median of their group (cold, warm), and a robust spread."""
    logs = np.log(sample.seconds)
    for group in sample.groups():
        if group.any():
            logs[group] -= median(logs[group])
    spread = 1.4826 * median(np.abs(logs)) if len(logs) else 0.0
    return logs, max(spread, 0.03)


def find_shift(values: FloatArray, finished: BoolArray) -> int | None:
    """The place of the last confirmed shift of level, or None. What was cut short is no evidence of being faster."""
    start = max(0, len(values) - _WINDOW)
    found = None
    while len(values) - start > _LEAST:
        place = _next_shift(values[start:], finished[start:])
        if place is None:
            break
        start += place
        found = start
    return found


def _next_shift(values: FloatArray, finished: BoolArray) -> int | None:
    size = max(_LEAST, min(_REFERENCE, len(values) // 2))
    level = median(values[:size])
    spread = max(1.4826 * median(np.abs(values[:size] - level)), 0.03)
    z = np.clip((values - level) / spread, -_CLIP, _CLIP)
    z = np.where(finished, z, np.maximum(z, 0.0))
    up = down = 0.0
    up_from = down_from = size
    for place in range(size, len(z)):
        up, down = up + z[place] - _SLACK, down - z[place] - _SLACK
        up, up_from = (up, up_from) if up > 0 else (0.0, place + 1)
        down, down_from = (down, down_from) if down > 0 else (0.0, place + 1)
        if max(up, down) > _ALARM:
            start = up_from if up > down else down_from
            if _confirmed(values, z, size, start):
                return start
            up = down = 0.0
            up_from = down_from = place + 1
    return None


def _confirmed(values: FloatArray, z: FloatArray, size: int, start: int) -> bool:
    before, after = z[:size], z[start:]
    error = math.sqrt(float(np.var(before)) / len(before) + max(float(np.var(after)), 0.25) / len(after))
    shift = abs(median(values[start:]) - median(values[:size]))
    return shift >= _LEAST_SHIFT and abs(float(np.mean(after) - np.mean(before))) >= _SURE * error


def independent_share(sample: Sample, least: int = 20) -> float:
    """How many independent runs one run is worth: runs come in sessions. By the lag-1 autocorrelation, where it is clear."""
    current = sample.weights >= sample.weights.max(initial=0.0) * 0.999
    values = residuals(sample)[0][current]
    if len(values) < least:
        return 1.0
    values = values - values.mean()
    power = float(np.sum(values**2))
    lag = float(np.sum(values[1:] * values[:-1])) / power if power > 1e-12 else 0.0
    if lag < 2 / math.sqrt(len(values)):
        return 1.0
    lag = min(lag, 0.9)
    return (1 - lag) / (1 + lag)
