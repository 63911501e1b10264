"""Seconds per phase of a run in flight, by the rules of the finished run's budget."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from analyzer.budgets.spans import spans_of, tally_spans
from analyzer.events import Bar, Event
from analyzer.predict.live_run import LiveRun
from analyzer.runs.loads import LEDGER_EVENTS, LoadLedger
from analyzer.runs.model import Load, Phase, ProgressBar
from analyzer.runs.progress import is_sampler


@dataclass(frozen=True, slots=True, kw_only=True)
class _SoFar:
    events: Sequence[Event]
    loads: Sequence[Load]
    passes: Sequence[ProgressBar]
    bars: Sequence[ProgressBar]
    started_at: float
    first_line: int


def live_phases(live: LiveRun, now: float) -> dict[Phase, float]:
    """Seconds per phase from the start to `now`, as the finished run would count them; they sum to the time elapsed.

    What goes on since the last line belongs to the phase that this line begins: the finished run may know better.
    """
    if live.started_at is None or live.last_at is None:
        elapsed = live.elapsed_seconds(now)
        return {live.phase: elapsed} if elapsed else {}
    seen = max(0.0, live.last_at - live.started_at)
    phases, _ = tally_spans(spans_of(_so_far(live, live.started_at))).close(seen)
    seconds = {time.phase: time.seconds for time in phases}
    open_seconds = max(0.0, live.elapsed_seconds(now) - seen)
    if open_seconds:
        seconds[live.phase] = seconds.get(live.phase, 0.0) + open_seconds
    return seconds


def _so_far(live: LiveRun, started_at: float) -> _SoFar:
    events = live.kept.events
    bars = [replace(bar, last_at=live.last_at) if not bar.complete else bar for bar in live.kept.progress.finish()]
    return _SoFar(
        events=events,
        loads=_loads(events),
        passes=[bar for bar in bars if is_sampler(bar)],
        bars=[bar for bar in bars if not is_sampler(bar)],
        started_at=started_at,
        first_line=events[0].line if events else 0,
    )


def _loads(events: Sequence[Event]) -> Sequence[Load]:
    ledger = LoadLedger()
    for event in events:
        if isinstance(event, Bar):
            ledger.close_group()
        elif track := LEDGER_EVENTS.get(type(event)):
            track(ledger, event)
    return ledger.take()[0]
