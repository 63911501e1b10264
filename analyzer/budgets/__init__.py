"""A run to seconds per phase, which sum to its total exactly."""

from dataclasses import replace

from analyzer.budgets.clocks import tally_clocks
from analyzer.budgets.silence import longest_silence
from analyzer.budgets.spans import spans_of, tally_spans
from analyzer.runs.model import Run

# Stamps without seconds (Manager's file before October 2024) cannot time a phase; the bars' own clocks are finer.
_COARSE_SECONDS = 60.0


def with_budget(run: Run, keep_events: bool = False) -> Run:
    """The run with its phases. They need its events, which are dropped afterwards unless they are to be kept."""
    events = run.events if keep_events else ()
    total = run.total_seconds
    if not total:
        return replace(run, events=events)
    stamped = has_usable_stamps(run)
    spans = spans_of(run) if stamped else ()
    tally = tally_spans(spans) if stamped else tally_clocks(run)
    phases, scaled = tally.close(total)
    silence = longest_silence(run) if stamped else None
    return replace(run, phases=phases, spans=spans, phases_scaled=scaled, silence_seconds=silence, events=events)


def has_usable_stamps(run: Run) -> bool:
    """Whether the run's lines carry stamps that are finer than a minute."""
    stamps = [event.at for event in run.events if event.at is not None]
    return run.started_at is not None and len(stamps) >= 2 and any(at % _COARSE_SECONDS for at in stamps)
