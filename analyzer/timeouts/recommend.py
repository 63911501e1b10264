"""The timeout advice: per workflow and for all of them, each with its risk, its evidence and its reasons."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from analyzer.timeouts import wording
from analyzer.timeouts.advice import TimeoutAdvice, WorkflowAdvice
from analyzer.timeouts.estimate import Estimate, estimate
from analyzer.timeouts.grading import grade, recommended, recommended_interval
from analyzer.timeouts.observations import Observation
from analyzer.timeouts.overall import apart, overall
from analyzer.timeouts.samples import Collected

DEFAULT_RISK = 0.01


class Kind(StrEnum):
    """What a workflow does, as far as a rule of thumb cares."""

    IMAGE_TO_IMAGE = "image_to_image"
    CONTROL_NET = "control_net"
    MULTI_MODEL = "multi_model"
    BATCH = "batch"


RULE_OF_THUMB_SECONDS: Mapping[Kind, float] = {
    Kind.IMAGE_TO_IMAGE: 300.0,
    Kind.CONTROL_NET: 400.0,
    Kind.MULTI_MODEL: 600.0,
    Kind.BATCH: 1200.0,
}


def advise(
    found: Collected | Mapping[str, Sequence[Observation]],
    *,
    risk: float = DEFAULT_RISK,
    limits: Sequence[float] = (),
    kinds: Mapping[str, Kind] | None = None,
) -> TimeoutAdvice:
    """Advice from observations per workflow. `limits`: limits whose risk is asked. `kinds` serve workflows without any run."""
    collected = found if isinstance(found, Collected) else Collected(modes={name: tuple(ones) for name, ones in found.items()})
    estimates = estimate(collected.modes, risk)
    rows = tuple(_row(one, limits, (kinds or {}).get(name)) for name, one in estimates.items())
    return TimeoutAdvice(
        risk=risk,
        overall=overall(list(estimates.values()), rows, limits),
        workflows=rows,
        dropped={reason.value: count for reason, count in collected.dropped.items()},
        one_each=apart(rows),
    )


def _row(found: Estimate, limits: Sequence[float], kind: Kind | None) -> WorkflowAdvice:
    chosen = recommended(found)
    if chosen is None:
        return _not_measured(found, kind)
    known = found.finished > 0
    return WorkflowAdvice(
        workflow=found.workflow,
        n=found.n,
        finished=found.finished,
        censored=found.censored,
        cold=found.cold,
        median_seconds=found.median_seconds,
        worst_seconds=found.worst_seconds,
        quantile_seconds=found.quantile_seconds if known else None,
        recommended_seconds=chosen,
        recommended_interval_seconds=recommended_interval(found),
        risk_at={limit: found.risk_at(limit) for limit in limits} if known else {},
        risk_interval_at={limit: found.risk_interval(limit) for limit in limits} if known else {},
        grade=grade(found),
        reason=wording.reason(found, chosen),
        notes=tuple(wording.notes(found)),
        risk_at_recommended=found.risk_at(chosen) if known else None,
        without_cold_seconds=found.without_cold_seconds if known else None,
        if_cancelled_were_slow_seconds=found.if_cancelled_were_slow_seconds,
        n_effective=found.n_effective,
    )


def _not_measured(found: Estimate, kind: Kind | None) -> WorkflowAdvice:
    thumb = None if kind is None else RULE_OF_THUMB_SECONDS[kind]
    return WorkflowAdvice(
        workflow=found.workflow,
        n=0,
        finished=0,
        censored=0,
        cold=0,
        median_seconds=None,
        worst_seconds=None,
        quantile_seconds=None,
        recommended_seconds=thumb,
        recommended_interval_seconds=None,
        reason="not measured: not enough evidence" + (", a rule of thumb" if thumb else ""),
    )
