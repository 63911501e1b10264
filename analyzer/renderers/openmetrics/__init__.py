"""The report as OpenMetrics text with timestamps, so that old logs can be brought into a Prometheus (`promtool tsdb`).

Counters and histograms grow at the ends of runs, over all logs in the order of time; families, their series and the samples of
these follow one another without mixing, as the format wants it. Only runs with date and time can be samples.
"""

from collections.abc import Iterator
from itertools import chain, islice

from analyzer.renderers.base import Options
from analyzer.renderers.openmetrics.collect import Collected
from analyzer.renderers.openmetrics.families import FAMILIES, Family
from analyzer.renderers.openmetrics.samples import lines
from analyzer.renderers.short_text import short_text
from analyzer.report import Report

_LONGEST_LABEL = 100
_LINES_TOGETHER = 1000


def render(report: Report, options: Options) -> str:
    return "".join(parts(report, options))


def parts(report: Report, options: Options) -> Iterator[str]:
    """The document piece by piece. Raises NoTimesError."""
    collected = Collected(report, short_text(options, _LONGEST_LABEL))
    for family in FAMILIES:
        series = collected.series(family)
        if series:
            yield _head(family)
            samples = chain.from_iterable(lines(family, labels, found, collected) for labels, found in series.items())
            while text := "".join(islice(samples, _LINES_TOGETHER)):
                yield text
    yield "# EOF\n"


def _head(family: Family) -> str:
    unit = f"# UNIT {family.name} {family.unit}\n" if family.unit else ""
    return f"# HELP {family.name} {family.help}\n# TYPE {family.name} {family.kind.value}\n{unit}"
