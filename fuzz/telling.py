"""Figures of runs as a table, one row for each target."""

from collections.abc import Iterable

from fuzz.campaign import Figures

_HEADER = (
    "| target | CPU min | executions | edges | features | corpus | peak MB | kinds of faults | too slow or big |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def table(figures: Iterable[Figures]) -> str:
    """Time and executions add up; of coverage the highest counts; of faults what is there at the end."""
    rows: dict[str, list[Figures]] = {}
    for one in figures:
        rows.setdefault(one.target, []).append(one)
    return "\n".join([_HEADER, *map(_row, rows.values())])


def _row(runs: list[Figures]) -> str:
    last = runs[-1]
    minutes, executions = sum(one.cpu_seconds for one in runs) / 60, sum(one.executions for one in runs)
    most = [max(getattr(one, name) for one in runs) for name in ("edges", "features", "corpus", "peak_megabytes")]
    cells = [last.target, f"{minutes:.1f}", f"{executions:,}", *(f"{number:,}" for number in most), last.faults, last.failures]
    return f"| {' | '.join(map(str, cells))} |"
