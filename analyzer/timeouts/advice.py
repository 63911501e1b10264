"""What a timeout recommendation is: the object of `comfymeter.timeout/1`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Grade(StrEnum):
    """How much the evidence carries: by the number of finished runs, one level down where much of it is censored."""

    NONE = "none"
    PROVISIONAL = "provisional"
    LOW = "low"
    FAIR = "fair"
    GOOD = "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowAdvice:
    """A recommendation for one workflow (or overall). Times in seconds; None where the evidence does not carry a figure.

    `n` runs were looked at: `finished` observed to their end, `censored` only up to the last time seen. `risk_at` maps limits
    to P(a run exceeds it).

    `quantile_seconds` is what the wanted risk asks for; `recommended_seconds` keeps to the rails and is rounded up, and a run
    exceeds it with `risk_at_recommended`. `without_cold_seconds`: the same if no run were cold, where none was seen.
    `if_cancelled_were_slow_seconds`: the same if the runs that people cancelled late would have been the longest, where they
    cancel many. `n_effective`: independent runs of the current state that the history is worth.
    """

    workflow: str
    n: int
    finished: int
    censored: int
    cold: int
    median_seconds: float | None
    worst_seconds: float | None
    quantile_seconds: float | None
    recommended_seconds: float | None
    recommended_interval_seconds: tuple[float, float] | None
    risk_at: Mapping[float, float] = field(default_factory=dict)
    risk_interval_at: Mapping[float, tuple[float, float]] = field(default_factory=dict)
    grade: Grade = Grade.NONE
    reason: str = ""
    notes: tuple[str, ...] = ()
    risk_at_recommended: float | None = None
    without_cold_seconds: float | None = None
    if_cancelled_were_slow_seconds: float | None = None
    n_effective: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeoutAdvice:
    """Recommendations per workflow and overall for a wanted risk (0.01: one run in a hundred exceeds it), None: not computed.

    `dropped`: runs that say nothing about durations, by reason. `one_each`: the workflows differ so much that one limit for all
    makes every hang of the fast ones expensive.
    """

    risk: float | None
    overall: WorkflowAdvice
    workflows: tuple[WorkflowAdvice, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)
    one_each: bool = False
