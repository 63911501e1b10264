"""A run to seconds per phase, which sum to its total exactly."""

from typing import Any

from analyzer.budgets.clocks import tally_clocks
from analyzer.budgets.silence import longest_silence
from analyzer.budgets.spans import spans_of, tally_spans
from analyzer.runs.model import Run

# Stamps without seconds (Manager's file before October 2024) cannot time a phase; the bars' own clocks are finer.
_COARSE_SECONDS = 60.0


def with_budget(run: Run, keep_events: bool = False) -> Run:
    """A new run, that nobody else has yet, with its phases filled in. They need its events, which are dropped afterwards
    unless they are to be kept."""
    total = run.total_seconds
    if total:
        stamped = has_usable_stamps(run)
        spans = spans_of(run) if stamped else ()
        phases, scaled = (tally_spans(spans) if stamped else tally_clocks(run)).close(total)
        silence = longest_silence(run) if stamped else None
        _fill(run, phases=phases, spans=spans, phases_scaled=scaled, silence_seconds=silence)
    if not keep_events:
        _fill(run, events=())
    return run


def _fill(run: Run, **values: Any) -> None:
    """A copy with other values costs more than all the rest here."""
    for name, value in values.items():
        object.__setattr__(run, name, value)


def has_usable_stamps(run: Run) -> bool:
    """Whether the run's lines carry stamps that are finer than a minute."""
    if run.started_at is None:
        return False
    stamped, fine = 0, False
    for event in run.events:
        if event.at is not None:
            stamped += 1
            fine = fine or event.at % _COARSE_SECONDS != 0
            if fine and stamped >= 2:
                return True
    return False
