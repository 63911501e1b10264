"""The budget of a run without usable stamps: what bars and detections print about themselves, and an honest remainder."""

from analyzer.budgets.labels import phase_of_bar
from analyzer.budgets.tally import Tally
from analyzer.runs.model import Evidence, Phase, Run


def tally_clocks(run: Run) -> Tally:
    """Seconds by the bars' own clocks; the time of a bar inside another counts once, for the inner one."""
    tally = Tally()
    for bar in (*run.passes, *run.bars):
        tally.add(phase_of_bar(bar), (bar.seconds or 0.0) - bar.nested_seconds, Evidence.MEASURED, bar.line, bar.last_line)
        tally.add(Phase.MODEL_LOAD, bar.initialise_seconds, Evidence.INFERRED, bar.line, bar.last_line)
    for found in run.detections:
        tally.add(Phase.DETECT, found.seconds, Evidence.MEASURED, found.line, found.line)
    return tally
