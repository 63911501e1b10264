"""Which workflow a run in flight is: a log names none, but what it has shown so far fits only some of the past's signatures."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from analyzer.predict.course import MOST_PASSES
from analyzer.predict.live_run import LiveRun, Seen
from analyzer.predict.phase_history import PhaseHistory

_MOST_WORKFLOWS = 3
# A pass whose steps no past run had does not rule a workflow out.
_OTHER_STEPS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a log signature (`runs.signature`) is made of. `passes`: the least number; `many`: or more."""

    models: tuple[str, ...]
    passes: int
    many: bool
    labels: frozenset[str]
    detects: bool

    def fits(self, seen: Seen) -> bool:
        """Whether a run that has shown this may be of the workflow."""
        models = all(model in self.models for model in (*seen.asked, *seen.models))
        passes = self.many or seen.samplers <= self.passes
        return models and passes and seen.labels <= self.labels and (self.detects or not seen.detects)


@lru_cache(maxsize=4096)
def parts_of(signature: str) -> Parts:
    """Reads a signature."""
    models: tuple[str, ...] = ()
    passes, many, detects = 0, False, False
    labels: list[str] = []
    for part in signature.split("|"):
        kind, _, value = part.partition(":")
        if kind == "model" and not models:
            models = tuple(value.split("+"))
        elif kind == "passes" and value.rstrip("+").isdigit():
            passes, many = int(value.rstrip("+")), value.endswith("+")
        elif kind == "bar":
            labels.append(value)
        elif part == "detect":
            detects = True
    return Parts(models=models, passes=passes, many=many, labels=frozenset(labels), detects=detects)


def likely_workflows(live: LiveRun, histories: Mapping[str, PhaseHistory]) -> list[tuple[PhaseHistory, float]]:
    """The workflows that a run may be of and their weights, the likeliest first; none where nothing fits."""
    if live.workflow is not None and live.workflow in histories:
        return [(histories[live.workflow], 1.0)]
    fitting = [history for name, history in histories.items() if history.runs and parts_of(name).fits(live.seen)]
    weighted = [(history, history.runs * _by_steps(live, history)) for history in fitting]
    weighted.sort(key=lambda pair: pair[1], reverse=True)
    total = sum(weight for _, weight in weighted[:_MOST_WORKFLOWS])
    return [(history, weight / total) for history, weight in weighted[:_MOST_WORKFLOWS]]


def _by_steps(live: LiveRun, history: PhaseHistory) -> float:
    """How well the steps of the passes so far fit those of past runs: a graph nearly always has the same."""
    factor = 1.0
    for place, steps in enumerate(live.passes[:MOST_PASSES]):
        had = history.steps(place)
        factor *= (had.count(steps.total) + _OTHER_STEPS) / (len(had) + 1.0)
    return factor
