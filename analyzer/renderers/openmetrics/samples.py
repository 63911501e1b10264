"""Series to samples in the order of time, one line each, as the OpenMetrics text format has them."""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import accumulate

from analyzer.renderers.openmetrics.collect import Collected, Grown, Said
from analyzer.renderers.openmetrics.families import DURATION_BUCKETS, Family, Kind, Labels
from analyzer.renderers.openmetrics.labels import labelled

# A counter has a sample where a run that adds to it began: without one before its growth `rate` and `increase` see none. Where
# there was one within this time none is needed.
_STANDS_MILLISECONDS = 60_000


def lines(family: Family, labels: Labels, series: Grown | Said, collected: Collected) -> Iterator[str]:
    """The sample lines of one series."""
    if isinstance(series, Said):
        suffix = "_info" if family.kind is Kind.INFO else ""
        begin = f"{family.name}{suffix}{labelled(family.labels, labels)}"
        yield from (f"{begin} {_number(value)} {_seconds(at)}\n" for at, value in _steps(series))
    elif family.kind is Kind.COUNTER:
        begin = f"{family.name}_total{labelled(family.labels, labels)}"
        yield from (f"{begin} {_number(total)} {_seconds(at)}\n" for at, total in _totals(series, collected))
    else:
        yield from _histogram(family, labels, series, collected)


def _histogram(family: Family, labels: Labels, series: Grown, collected: Collected) -> Iterator[str]:
    bounds = [*(f"{bound}" for bound in DURATION_BUCKETS), "+Inf"]
    heads = [f"{family.name}_bucket{labelled((*family.labels, 'le'), (*labels, bound))}" for bound in bounds]
    own = labelled(family.labels, labels)
    counts, total = [0] * len(bounds), 0.0
    for at, amounts in _moments(series, collected):
        for amount in amounts:
            counts[bisect_left(DURATION_BUCKETS, amount)] += 1
            total += amount
        when = _seconds(at)
        yield from (f"{head} {count} {when}\n" for head, count in zip(heads, accumulate(counts), strict=True))
        yield f"{family.name}_count{own} {sum(counts)} {when}\n{family.name}_sum{own} {_number(total)} {when}\n"


def _totals(series: Grown, collected: Collected) -> Iterator[tuple[int, float]]:
    total = 0.0
    for at, amounts in _moments(series, collected):
        total += sum(amounts)
        yield at, total


def _moments(series: Grown, collected: Collected) -> Iterator[tuple[int, Sequence[float]]]:
    """When a series has a sample and what it grew by since the one before: from the first run's start to the last one's end."""
    written, at, amounts = -_STANDS_MILLISECONDS, collected.first, list[float]()
    for when, amount in _growth(series, collected):
        if when != at:
            if amounts or at - written >= _STANDS_MILLISECONDS:
                yield at, amounts
                written, amounts = at, []
            at = when
        if amount is not None:
            amounts.append(amount)
    yield at, amounts
    if at != collected.last:
        yield collected.last, []


def _growth(series: Grown, collected: Collected) -> Iterator[tuple[int, float | None]]:
    """Starts and ends of the series' runs in the order of time; ends with what was added."""
    starts, ends = collected.starts, collected.ends
    begun = ((starts[run], None) for run in _ordered(series.runs, starts))
    order = sorted(range(len(series.runs)), key=lambda place: ends[series.runs[place]])
    ended = ((ends[series.runs[place]], series.amounts[place]) for place in order)
    return merge(begun, ended, key=lambda moment: moment[0])


def _ordered(runs: "array[int]", times: "array[int]") -> list[int]:
    return sorted(runs, key=times.__getitem__)


def _steps(series: Said) -> Iterator[tuple[int, float]]:
    """A gauge's values in the order of time; of several in one millisecond the last."""
    order = sorted(range(len(series.times)), key=series.times.__getitem__)
    for place, following in zip(order, [*order[1:], -1], strict=True):
        if following < 0 or series.times[following] != series.times[place]:
            yield series.times[place], series.values[place]


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(round(value, 6))


def _seconds(milliseconds: int) -> str:
    """A timestamp. Prometheus cuts the product with 1000 off, which may fall short of a whole millisecond by a last digit."""
    text = f"{milliseconds / 1000:.3f}"
    return text if int(float(text) * 1000) == milliseconds else f"{text}1"
