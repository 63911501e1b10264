"""Which runs have a place in time, for formats that are nothing without one."""

from collections.abc import Iterator

from analyzer.errors import NoTimesError
from analyzer.report import Report
from analyzer.runs.model import Run
from analyzer.units import plural

# 2000 to 2200. Stamps without a year are read as of 1972, and the integers of some formats end soon after.
_EARLIEST, _LATEST = 946_684_800.0, 7_258_118_400.0


def is_placed(run: Run) -> bool:
    """Whether date and time of the run are known."""
    return run.started_at is not None and is_date(run.started_at) and is_date(end_at(run))


def is_date(at: float) -> bool:
    """Whether an instant can be a date of ComfyUI's."""
    return _EARLIEST <= at <= _LATEST


def start_at(run: Run) -> float:
    """When a placed run began, in Unix seconds."""
    if run.started_at is None:
        raise ValueError("a run without a start has no place in time")
    return run.started_at


def end_at(run: Run) -> float:
    """When a placed run ended or was last seen, in Unix seconds."""
    return start_at(run) + (run.total_seconds or 0.0)


def placed(report: Report) -> Iterator[Run]:
    """The runs that have a place in time, in log order. Raises NoTimesError where no run has."""
    found = False
    for run in report.runs:
        if is_placed(run):
            found = True
            yield run
    if not found:
        names = ", ".join(source.name for source in report.sources)
        raise NoTimesError(f"{names}: no run has a date and time; `comfymeter doctor` says how to get time stamps")


def place_notes(report: Report) -> Iterator[str]:
    """What a user should know about the times of such a format."""
    zones = {source.name: source.timezone for source in report.sources}
    count = unzoned = 0
    for run in report.runs:
        count += is_placed(run)
        unzoned += is_placed(run) and zones.get(run.source) is None
    if count < len(report.runs):
        yield f"{len(report.runs) - count:,} of {plural(len(report.runs), 'run')} left out: without time stamps they have no date"
    if unzoned:
        yield f"stamps of {plural(unzoned, 'run')} have no zone and are taken as UTC; --timezone says where they come from"
