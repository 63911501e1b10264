"""What the live predictions must reach on made-up runs, and the tables that show whether they do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, median

import numpy as np

from benchmarks.prediction_rules import RULES
from benchmarks.prediction_scores import PRODUCT, SHARES, Watched


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Most or least of each figure for one size of history; errors in the order of `SHARES`. None: not judged."""

    errors: tuple[float, float, float]
    covers: tuple[float, float]
    brier: float
    auc: float
    recall: float
    false_alarms: float
    early: float | None = None
    lead: float | None = None


TARGETS: dict[int, Target] = {
    1: Target(errors=(0.15, 0.16, 0.23), covers=(0.83, 0.95), brier=0.080, auc=0.90, recall=0.78, false_alarms=0.020),
    3: Target(errors=(0.13, 0.13, 0.16), covers=(0.83, 0.95), brier=0.055, auc=0.93, recall=0.75, false_alarms=0.020),
    10: Target(
        errors=(0.11, 0.11, 0.14),
        covers=(0.82, 0.94),
        brier=0.046,
        auc=0.94,
        recall=0.82,
        false_alarms=0.022,
        early=0.62,
        lead=0.4,
    ),
    30: Target(
        errors=(0.10, 0.10, 0.13),
        covers=(0.82, 0.94),
        brier=0.043,
        auc=0.92,
        recall=0.87,
        false_alarms=0.032,
        early=0.72,
    ),
}
CALIBRATED_RUNS = 10
HIGH, HIGH_EXCEEDS = 0.9, 0.88
LOW, LOW_EXCEEDS = 0.02, 0.015
HANG_FOUND, HANG_LEAD = 0.99, 0.2
_EARLY = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of one size of history."""

    errors: tuple[float, ...]
    covers: float
    brier: float
    auc: float
    recall: float
    early: float
    lead: float
    false_alarms: float


def figures(watched: Sequence[Watched]) -> Figures:
    guesses = [guess for one in watched for guess in one.guesses if guess.rule == PRODUCT]
    halves = [(one.p_half, one.exceeded) for one in watched if one.p_half is not None]
    over = [one for one in watched if one.exceeded]
    raised = [one.raised for one in over if one.raised is not None]
    return Figures(
        errors=tuple(fmean(guess.error for guess in guesses if guess.share == share) for share in SHARES),
        covers=fmean(guess.held for guess in guesses),
        brier=fmean((p - exceeded) ** 2 for p, exceeded in halves),
        auc=auc(halves),
        recall=len(raised) / len(over),
        early=sum(at <= _EARLY for at in raised) / len(over),
        lead=1 - median(raised) if raised else 0.0,
        false_alarms=fmean(one.raised is not None for one in watched if not one.exceeded),
    )


def auc(pairs: Sequence[tuple[float, bool]]) -> float:
    """The chance that a run which exceeds was given more than one which does not; ties count half."""
    values = np.array([value for value, _ in pairs])
    exceeded = np.array([flag for _, flag in pairs], dtype=np.bool_)
    high, low = values[exceeded], np.sort(values[~exceeded])
    below = np.searchsorted(low, high, side="left") + np.searchsorted(low, high, side="right")
    return float(below.mean() / 2 / len(low))


def target_rows(watched: Sequence[Watched]) -> Iterator[str]:
    """Achieved beside wanted, per size of history; MISS names what is outside."""
    yield (
        f"{'past':>5} {'error % at 25/50/75':>20} {'80 % holds':>11} {'Brier':>7} {'AUC':>6} "
        f"{'recall':>7} {'early':>6} {'lead':>6} {'false %':>8}"
    )
    for n, target in TARGETS.items():
        cell = [one for one in watched if one.n == n and not one.hang]
        if cell:
            found = figures(cell)
            missed = [name for name, held in _checks(found, target).items() if not held]
            yield f"{_row(str(n), found)}  {'MISS ' + ', '.join(missed) if missed else 'ok'}"
            yield _wanted(target)


def _row(name: str, found: Figures) -> str:
    errors = "/".join(f"{100 * error:.1f}" for error in found.errors)
    return (
        f"{name:>5} {errors:>20} {found.covers:>11.2f} {found.brier:>7.3f} {found.auc:>6.3f} "
        f"{found.recall:>7.2f} {found.early:>6.2f} {found.lead:>6.2f} {100 * found.false_alarms:>8.1f}"
    )


def _wanted(target: Target) -> str:
    errors = "/".join(f"{100 * error:.0f}" for error in target.errors)
    early, lead = ("" if value is None else f">{value:.2f}" for value in (target.early, target.lead))
    low, high = target.covers
    return (
        f"{'':>5} {'<' + errors:>20} {f'{low:.2f}-{high:.2f}':>11} {f'<{target.brier:.3f}':>7} {f'>{target.auc:.2f}':>6} "
        f"{f'>{target.recall:.2f}':>7} {early:>6} {lead:>6} {f'<{100 * target.false_alarms:.1f}':>8}"
    )


def _checks(found: Figures, target: Target) -> dict[str, bool]:
    shares = [f"error at {100 * share:.0f} %" for share in SHARES]
    checks = {name: error <= most for name, error, most in zip(shares, found.errors, target.errors, strict=True)}
    checks |= {
        "80 % interval": target.covers[0] <= found.covers <= target.covers[1],
        "Brier": found.brier <= target.brier,
        "AUC": found.auc >= target.auc,
        "recall": found.recall >= target.recall,
        "false alarms": found.false_alarms <= target.false_alarms,
    }
    if target.early is not None:
        checks["early"] = found.early >= target.early
    if target.lead is not None:
        checks["lead"] = found.lead >= target.lead
    return checks


def calibration_rows(watched: Sequence[Watched]) -> Iterator[str]:
    """Do stated chances come true? At half of the limit, with ten past runs."""
    halves = [
        (one.p_half, one.exceeded) for one in watched if one.n == CALIBRATED_RUNS and not one.hang and one.p_half is not None
    ]
    high = [exceeded for p, exceeded in halves if p >= HIGH]
    low = [exceeded for p, exceeded in halves if p < LOW]
    if high:
        held = "ok" if fmean(high) >= HIGH_EXCEEDS else "MISS"
        yield f"P >= {HIGH}: {100 * fmean(high):.1f} % of {len(high)} exceed  (>= {100 * HIGH_EXCEEDS:.0f} %)  {held}"
    if low:
        held = "ok" if fmean(low) <= LOW_EXCEEDS else "MISS"
        yield f"P < {LOW}: {100 * fmean(low):.2f} % of {len(low)} exceed  (<= {100 * LOW_EXCEEDS:.1f} %)  {held}"
    middle = [(p, exceeded) for p, exceeded in halves if LOW <= p < HIGH]
    if middle:
        stated, came = fmean(p for p, _ in middle), fmean(exceeded for _, exceeded in middle)
        yield f"between: {100 * came:.0f} % of {len(middle)} exceed, stated {100 * stated:.0f} %"


def hang_rows(watched: Sequence[Watched]) -> Iterator[str]:
    """Runs in which a part never ends, under 1.15 times the true 99 % point."""
    for n in TARGETS:
        raised = [one.raised for one in watched if one.n == n and one.hang]
        if raised:
            seen = [at for at in raised if at is not None]
            found, lead = len(seen) / len(raised), 1 - median(seen) if seen else 0.0
            held = "ok" if found >= HANG_FOUND and lead >= HANG_LEAD else "MISS"
            yield (
                f"{n:>5} past runs: {100 * found:.1f} % of {len(raised)} found  (>= {100 * HANG_FOUND:.0f} %), "
                f"median lead {lead:.2f} of the limit  (>= {HANG_LEAD})  {held}"
            )


def comparison_rows(watched: Sequence[Watched], n: int) -> Iterator[str]:
    """The same moments under common rules."""
    cell = [one for one in watched if one.n == n and not one.hang]
    guesses = [guess for one in cell for guess in one.guesses]
    for rule in (PRODUCT, *RULES):
        errors = [fmean(guess.error for guess in guesses if guess.rule == rule and guess.share == share) for share in SHARES]
        yield f"{rule:<22} error % at 25/50/75: {'/'.join(f'{100 * error:.0f}' for error in errors)}"
    halves = [one for one in cell if one.p_half is not None]
    base = fmean(one.exceeded for one in halves)
    survival = [(one.p_half_survival or 0.0, one.exceeded) for one in halves]
    yield f"P(exceeds) at half of T: comfymeter Brier {figures(cell).brier:.3f}, AUC {figures(cell).auc:.2f}"
    yield f"  conditional survival   Brier {fmean((p - exceeded) ** 2 for p, exceeded in survival):.3f}, AUC {auc(survival):.2f}"
    yield f"  base rate              Brier {base * (1 - base):.3f}"


def law_rows(watched: Sequence[Watched]) -> Iterator[str]:
    """The figures of each family of laws by itself, not judged."""
    for law in dict.fromkeys(one.law for one in watched):
        cell = [one for one in watched if one.law is law and one.n == CALIBRATED_RUNS and not one.hang]
        if cell:
            yield f"{_row('', figures(cell))}  {law}"
