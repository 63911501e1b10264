"""What a log must keep to pass: gates for CI, each with what was wanted and what was measured."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from analyzer.report import Report
from analyzer.runs.model import Outcome, Run, Verdict

_FAILED = (Outcome.ERROR, Outcome.OOM, Outcome.CUT_OFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """The bounds that were asked for; None: not asked. Shares are ratios."""

    limit_seconds: float | None = None
    p95_seconds: float | None = None
    max_failed: float | None = None
    max_unparsed: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """One gate. `measured` None: the log holds nothing to measure it by, which does not pass."""

    name: str
    passed: bool
    wanted: float
    measured: float | None
    unit: str
    detail: str


def check(report: Report, gates: Gates) -> tuple[GateResult, ...]:
    """The results of the gates that were asked for, in a fixed order."""
    return tuple(
        judge(report, wanted) for wanted, judge in ((getattr(gates, name), judge) for name, judge in JUDGES) if wanted is not None
    )


def _limit(report: Report, wanted: float) -> GateResult:
    """No run may exceed the limit; queue wait included where it is known. An unfinished run that is over it is over it."""
    over = [run for run in report.runs if run.verdict is Verdict.OVER]
    worst = max((used for run in report.runs if (used := run.used_seconds) is not None), default=None)
    own = any(run.limit_seconds not in (None, wanted) for run in report.runs)
    it = "it, or over their workflow's own limit" if own else "it"
    detail = f"{len(over)} of {len(report.runs)} runs over {it}{_numbers(over)}"
    return GateResult(name="limit", passed=not over and worst is not None, wanted=wanted, measured=worst, unit="s", detail=detail)


def _p95(report: Report, wanted: float) -> GateResult:
    """The smallest time that 95 % of the finished runs do not exceed; below 20 runs that is the longest of them."""
    finished = sorted(run.duration_seconds for run in report.runs if run.duration_seconds is not None and _counts(run))
    measured = finished[math.ceil(0.95 * len(finished)) - 1] if finished else None
    passed = measured is not None and measured <= wanted
    return GateResult(
        name="p95", passed=passed, wanted=wanted, measured=measured, unit="s", detail=f"of {len(finished)} finished runs"
    )


def _failed(report: Report, wanted: float) -> GateResult:
    failed = [run for run in report.runs if run.outcome in _FAILED]
    share = len(failed) / len(report.runs) if report.runs else None
    detail = f"{len(failed)} of {len(report.runs)} runs failed or were cut off{_numbers(failed)}"
    return GateResult(
        name="max-failed", passed=share is not None and share <= wanted, wanted=wanted, measured=share, unit="", detail=detail
    )


def _unparsed(report: Report, wanted: float) -> GateResult:
    share = report.unparsed.share
    detail = f"{report.unparsed.lines} of {report.unparsed.of_lines} lines not recognised"
    return GateResult(name="max-unparsed", passed=share <= wanted, wanted=wanted, measured=share, unit="", detail=detail)


def _counts(run: Run) -> bool:
    return run.outcome in (Outcome.SUCCESS, Outcome.UNKNOWN)


def _numbers(runs: Sequence[Run]) -> str:
    shown = ", ".join(str(run.number) for run in runs[:10])
    return f": {shown}{', …' if len(runs) > 10 else ''}" if runs else ""


JUDGES: tuple[tuple[str, Callable[[Report, float], GateResult]], ...] = (
    ("limit_seconds", _limit),
    ("p95_seconds", _p95),
    ("max_failed", _failed),
    ("max_unparsed", _unparsed),
)
