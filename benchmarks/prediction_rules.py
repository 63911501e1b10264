"""Common ways to say how long a run will still take, to compare with. Each knows the same past runs and the same moment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from analyzer.timeouts.curve import Curve
from benchmarks.prediction_generator import MadeRun, Part

_SAMPLERS = (Part.SAMPLE, Part.SECOND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A run at a moment: the part it is in, for how long, and the steps done there and the time they took."""

    elapsed: float
    part: Part
    in_part: float
    done: int
    done_seconds: float
    steps: int

    @classmethod
    def of(cls, run: MadeRun, elapsed: float) -> "Moment":
        begin, samplers = 0.0, iter(run.steps)
        for part, seconds in run.parts.items():
            steps = next(samplers) if part in _SAMPLERS else None
            if elapsed < begin + seconds or part is Part.POST:
                break
            begin += seconds
        ends = [] if steps is None else [float(end) for end in steps.cumsum() if end <= elapsed - begin]
        return cls(
            elapsed=elapsed,
            part=part,
            in_part=elapsed - begin,
            done=len(ends),
            done_seconds=ends[-1] if ends else 0.0,
            steps=0 if steps is None else len(steps),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What the rules may know: past runs, and the curve of their durations."""

    runs: Sequence[MadeRun]
    curve: Curve


Rule = Callable[[Moment, Past], float]


def _median_minus_elapsed(moment: Moment, past: Past) -> float:
    return max(0.0, median(run.seconds for run in past.runs) - moment.elapsed)


def _conditional_survival(moment: Moment, past: Past) -> float:
    return max(0.0, past.curve.inverse(0.5 * past.curve.survival(moment.elapsed)) - moment.elapsed)


def _point_phases(moment: Moment, past: Past) -> float:
    """Averages of the parts to come; the step rate of the past; cold and warm in one."""
    means = {part: fmean(run.parts[part] for run in past.runs) for part in past.runs[0].parts}
    parts = list(means)
    later = sum(means[part] for part in parts[parts.index(moment.part) + 1 :])
    if moment.steps:
        return means[moment.part] * (1 - moment.done / moment.steps) + later
    return max(0.0, means[moment.part] - moment.in_part) + later


def _bar_eta(moment: Moment, past: Past) -> float:
    """tqdm's own: its bar's mean rate times the steps left in it; it knows nothing else."""
    return moment.done_seconds / moment.done * (moment.steps - moment.done) if moment.done else 0.0


def _node_share(moment: Moment, past: Past) -> float:
    """The time elapsed, scaled by the share of nodes that are done."""
    parts = list(past.runs[0].parts)
    done = max(parts.index(moment.part), 0.5)
    return moment.elapsed * (len(parts) - done) / done


RULES: dict[str, Rule] = {
    "median - elapsed": _median_minus_elapsed,
    "conditional survival": _conditional_survival,
    "point phase sum": _point_phases,
    "tqdm's ETA": _bar_eta,
    "elapsed by nodes": _node_share,
}
