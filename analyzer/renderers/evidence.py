"""How well the phases of many runs are known."""

from collections import defaultdict
from collections.abc import Iterable

from analyzer.runs.model import Evidence, Phase, Run

_ORDER = (Evidence.MEASURED, Evidence.INFERRED, Evidence.REMAINDER)


def evidence_by_phase(runs: Iterable[Run]) -> dict[Phase, str]:
    """One word per phase, `mostly …` where the runs differ."""
    seconds: defaultdict[Phase, defaultdict[Evidence, float]] = defaultdict(lambda: defaultdict(float))
    for run in runs:
        for time in run.phases:
            seconds[time.phase][time.evidence] += time.seconds
    return {phase: _word(by_evidence) for phase, by_evidence in seconds.items()}


def _word(seconds: dict[Evidence, float]) -> str:
    seen = [evidence for evidence in _ORDER if evidence in seconds]
    most = max(seen, key=lambda evidence: seconds[evidence])
    return most.value if len(seen) == 1 else f"mostly {most.value}"
