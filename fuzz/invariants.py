"""What holds for every reading and every report, whatever was read."""

import math

from analyzer.reading import LogReading
from fuzz.base import demand


def check_reading(reading: LogReading, *, in_order: bool = True) -> None:
    """Phases add up, nothing is negative, counts fit each other. `in_order`: lines are read in their order; those of a recording
    that go on in a later record are not."""
    for run in reading.runs:
        total = run.total_seconds
        if run.phases and total is not None:
            parts = math.fsum(time.seconds for time in run.phases)
            demand(math.isclose(parts, total, rel_tol=1e-9), f"run {run.number}: phases say {parts}, the run {total}")
        demand(all(time.seconds >= -1e-6 for time in run.phases), f"run {run.number}: a phase is negative")
        demand(run.duration_seconds is None or run.observed_seconds is None, f"run {run.number} has two durations")
        demand(run.queue_seconds is None or run.queue_seconds >= 0, f"run {run.number}: negative queue")
        demand(total is None or (math.isfinite(total) and total >= 0), f"run {run.number}: lasted {total}")
    requests, unparsed = reading.requests, reading.unparsed
    demand(requests.received >= requests.unresolved, "more requests are unresolved than came")
    demand(0 <= unparsed.lines <= unparsed.of_lines, "more lines are not recognised than there are")
    numbers = [run.number for run in reading.runs]
    demand(numbers == list(range(1, len(numbers) + 1)), "runs are not numbered through")
    _check_lines(reading, in_order=in_order)


def _check_lines(reading: LogReading, *, in_order: bool) -> None:
    last = max((source.lines for source in reading.sources), default=0)
    for run in reading.runs:
        lines = [line for line in (run.first_line, run.last_line) if line is not None]
        demand(all(1 <= line <= last for line in lines), f"run {run.number}: lines {lines} of {last}")
        demand(not in_order or lines == sorted(lines), f"run {run.number}: lines {lines}")
