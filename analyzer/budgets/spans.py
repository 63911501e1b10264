"""The phases of a run with stamps in the order of time, without gaps and overlaps, and the budget that they add up to."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from analyzer.budgets.gaps import Timed, bar_begin, gaps
from analyzer.budgets.labels import phase_of_bar
from analyzer.budgets.tally import Tally
from analyzer.runs.model import Evidence, Phase, PhaseSpan, ProgressBar

# Moments come from sums and differences of stamps.
_ROUNDING = 1e-6


def spans_of(run: Timed) -> tuple[PhaseSpan, ...]:
    """When which phase had the run, from its start to its last line."""
    spans: Sequence[PhaseSpan] = tuple(gaps(run))
    for bar in (*run.passes, *run.bars):
        if bar.initialise_seconds and bar_begin(bar) is not None:
            spans = tuple(_initialised(spans, bar))
    return tuple(_merged(spans))


def tally_spans(spans: Iterable[PhaseSpan]) -> Tally:
    """Seconds per phase."""
    tally = Tally()
    for span in spans:
        tally.add(span.phase, span.seconds, span.evidence, span.first_line, span.last_line)
    return tally


def _initialised(spans: Iterable[PhaseSpan], bar: ProgressBar) -> Iterator[PhaseSpan]:
    """Dynamic VRAM brings the weights in during the first step: that part of the bar is loading."""
    begin, left, phase = bar_begin(bar) or 0.0, bar.initialise_seconds, phase_of_bar(bar)
    for span in spans:
        inside = span.phase is phase and span.started_at >= begin - _ROUNDING and span.evidence is Evidence.MEASURED
        taken = min(left, span.seconds) if inside else 0.0
        left -= taken
        if taken > 0:
            loading = replace(span, phase=Phase.MODEL_LOAD, evidence=Evidence.INFERRED)
            yield replace(loading, seconds=taken, first_line=bar.line, last_line=bar.last_line)
        if span.seconds - taken > _ROUNDING or not taken:
            yield replace(span, started_at=span.started_at + taken, seconds=span.seconds - taken)


def _merged(spans: Iterable[PhaseSpan]) -> Iterator[PhaseSpan]:
    """Neighbours that are alike are one."""
    held: PhaseSpan | None = None
    for span in spans:
        if held is not None and (held.phase, held.evidence) == (span.phase, span.evidence):
            end = span.started_at + span.seconds
            first, last = min(held.first_line, span.first_line), max(held.last_line, span.last_line)
            held = replace(held, seconds=end - held.started_at, first_line=first, last_line=last)
            continue
        if held is not None:
            yield held
        held = span
    if held is not None:
        yield held
