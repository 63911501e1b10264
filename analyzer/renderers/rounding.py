"""Numbers for documents: finite, of useful precision, and still adding up."""

import math
from collections.abc import Sequence

from analyzer.runs.model import PhaseTime

_PARTS = 1_000_000


def number(value: float | None) -> float | int | None:
    """To six digits behind the point, whole numbers without one; None for what is no number."""
    if value is None or not math.isfinite(value):
        return None
    rounded = round(value, 6)
    return int(rounded) if rounded == int(rounded) else rounded


def phase_seconds(phases: Sequence[PhaseTime], total: float | None) -> list[float | int | None]:
    """The phases' seconds in whole microseconds that add up to the total's.

    What rounding each phase by itself leaves (at most half a microsecond a phase) goes to the longest one. A larger difference
    is none of rounding's and stays visible.
    """
    if not phases or total is None or not all(math.isfinite(phase.seconds) for phase in phases):
        return [number(phase.seconds) for phase in phases]
    parts = [round(phase.seconds * _PARTS) for phase in phases]
    rest = round(total * _PARTS) - sum(parts)
    if abs(rest) <= len(parts) + 1:
        parts[parts.index(max(parts))] += rest
    return [number(part / _PARTS) for part in parts]
