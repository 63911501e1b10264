"""The phases of a run with stamps in the order of time, without gaps and overlaps, and the budget that they add up to."""

from collections.abc import Iterable, Iterator, Sequence

from analyzer.budgets.gaps import Stretch, Timed, bar_begin, gaps
from analyzer.budgets.labels import phase_of_bar
from analyzer.budgets.tally import Tally
from analyzer.runs.model import Evidence, Phase, PhaseSpan, ProgressBar

# Moments come from sums and differences of stamps.
_ROUNDING = 1e-6


def spans_of(run: Timed) -> tuple[PhaseSpan, ...]:
    """When which phase had the run, from its start to its last line."""
    stretches: Sequence[Stretch] = gaps(run)
    for bar in (*run.passes, *run.bars):
        if bar.initialise_seconds and bar_begin(bar) is not None:
            stretches = tuple(_initialised(stretches, bar))
    return tuple(map(_span, _merged(stretches)))


def _span(stretch: Stretch) -> PhaseSpan:
    phase, evidence, begin, end, first, last = stretch
    return PhaseSpan(phase=phase, started_at=begin, seconds=end - begin, evidence=evidence, first_line=first, last_line=last)


def tally_spans(spans: Iterable[PhaseSpan]) -> Tally:
    """Seconds per phase."""
    tally = Tally()
    for span in spans:
        tally.add(span.phase, span.seconds, span.evidence, span.first_line, span.last_line)
    return tally


def _initialised(stretches: Iterable[Stretch], bar: ProgressBar) -> Iterator[Stretch]:
    """Dynamic VRAM brings the weights in during the first step: that part of the bar is loading."""
    begin, left, phase = bar_begin(bar) or 0.0, bar.initialise_seconds, phase_of_bar(bar)
    for stretch in stretches:
        seconds = stretch.end - stretch.begin
        inside = stretch.phase is phase and stretch.begin >= begin - _ROUNDING and stretch.evidence is Evidence.MEASURED
        taken = min(left, seconds) if inside else 0.0
        left -= taken
        until = stretch.begin + taken
        if taken > 0:
            yield Stretch(Phase.MODEL_LOAD, Evidence.INFERRED, stretch.begin, until, bar.line, bar.last_line)
        if seconds - taken > _ROUNDING or not taken:
            yield stretch._replace(begin=until)


def _merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Neighbours that are alike are one."""
    merged: list[Stretch] = []
    for stretch in stretches:
        held = merged[-1] if merged else None
        if held is not None and held.phase is stretch.phase and held.evidence is stretch.evidence:
            first, last = min(held.first_line, stretch.first_line), max(held.last_line, stretch.last_line)
            merged[-1] = held._replace(end=stretch.end, first_line=first, last_line=last)
        else:
            merged.append(stretch)
    return merged
