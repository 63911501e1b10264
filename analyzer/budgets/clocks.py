"""The budget of a run without usable stamps: what bars and detections print about themselves, and an honest remainder."""

from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.budgets.labels import phase_of_bar
from analyzer.budgets.tally import Tally
from analyzer.runs.model import DetectionTime, Evidence, Phase, ProgressBar, Run


@dataclass(frozen=True, slots=True)
class Clocked:
    """Seconds that a bar or a detection says it took, for its phase."""

    item: ProgressBar | DetectionTime
    phase: Phase
    seconds: float
    evidence: Evidence
    first_line: int
    last_line: int


def clocked(run: Run) -> Iterator[Clocked]:
    """By the bars' own clocks; the time of a bar inside another counts once, for the inner one."""
    for bar in (*run.passes, *run.bars):
        lines = bar.line, bar.last_line
        yield Clocked(bar, Phase.MODEL_LOAD, bar.initialise_seconds, Evidence.INFERRED, *lines)
        yield Clocked(bar, phase_of_bar(bar), (bar.seconds or 0.0) - bar.nested_seconds, Evidence.MEASURED, *lines)
    for found in run.detections:
        yield Clocked(found, Phase.DETECT, found.seconds, Evidence.MEASURED, found.line, found.line)


def tally_clocks(run: Run) -> Tally:
    """Seconds per phase."""
    tally = Tally()
    for part in clocked(run):
        tally.add(part.phase, part.seconds, part.evidence, part.first_line, part.last_line)
    return tally
