"""Runs to series: what each run adds to which counter, and what gauges said when. A few bytes per run and series."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from analyzer.renderers.openmetrics.families import (
    BUILD,
    DURATION,
    FAILED,
    FAILURES,
    FREED,
    LOADED,
    LOADS,
    OFFLOADED,
    OVER_LIMIT,
    PHASE_SECONDS,
    PROCESS_START,
    QUEUE_WAIT,
    RUN_START,
    RUNS,
    STEPS,
    UNLOADS,
    Family,
    Kind,
    Labels,
)
from analyzer.renderers.openmetrics.labels import Capped
from analyzer.renderers.placing import end_at, is_date, placed, start_at
from analyzer.renderers.short_text import ShortText
from analyzer.report import Report
from analyzer.runs.model import Run, ServerStart, Verdict

_MOST_WORKFLOWS, _MOST_MODELS, _MOST_LIMITS, _MOST_BUILDS = 20, 40, 6, 20


@dataclass(slots=True)
class Grown:
    """A counter or histogram: which runs added to it and how much."""

    runs: "array[int]" = field(default_factory=lambda: array("I"))
    amounts: "array[float]" = field(default_factory=lambda: array("d"))


@dataclass(slots=True)
class Said:
    """A gauge: its values and when they began, in milliseconds."""

    times: "array[int]" = field(default_factory=lambda: array("q"))
    values: "array[float]" = field(default_factory=lambda: array("d"))

    def say(self, at: float, value: float) -> None:
        self.times.append(milliseconds(at))
        self.values.append(value)


def milliseconds(at: float) -> int:
    """Prometheus' own resolution."""
    return round(at * 1000)


class Collected:
    """The series of all runs that have a place in time. Raises NoTimesError where none has."""

    def __init__(self, report: Report, text: ShortText) -> None:
        self.starts, self.ends = array("q"), array("q")
        self.grown: dict[Family, dict[Labels, Grown]] = {}
        self.said: dict[Family, dict[Labels, Said]] = {}
        self._workflow = Capped((run.workflow.name for run in report.runs), _MOST_WORKFLOWS, text)
        self._model = Capped((load.model for run in report.runs for load in run.loads), _MOST_MODELS, text)
        limits = (run.limit_seconds for run in report.runs)
        self._limit = Capped((_limit_text(limit) for limit in limits if limit is not None), _MOST_LIMITS, text)
        for run in placed(report):
            self._add(run)
        self._add_servers(report, text)
        self.first, self.last = min(self.starts), max(self.ends)

    def _add(self, run: Run) -> None:
        place = len(self.starts)
        self.starts.append(milliseconds(start_at(run)))
        self.ends.append(milliseconds(end_at(run)))
        for family, labels, amount in self._growth(run):
            series = self.grown.setdefault(family, {}).setdefault(labels, Grown())
            series.runs.append(place)
            series.amounts.append(amount)
        self._say(RUN_START, (), start_at(run), start_at(run))
        self._say(RUN_START, (), end_at(run), 0.0)
        for load in run.loads:
            if load.at is not None and is_date(load.at):
                for family, size in ((LOADED, load.loaded_bytes), (OFFLOADED, load.offloaded_bytes)):
                    if size is not None:
                        self._say(family, (), load.at, size)

    def _growth(self, run: Run) -> Iterator[tuple[Family, Labels, float]]:
        yield RUNS, (), 1
        if run.outcome in FAILURES:
            yield FAILED, (run.outcome.value,), 1
        if run.limit_seconds is not None:
            yield OVER_LIMIT, (self._limit(_limit_text(run.limit_seconds)),), run.verdict is Verdict.OVER
        if run.duration_seconds is not None:
            yield DURATION, (run.start.value, self._workflow(run.workflow.name)), run.duration_seconds
        if run.queue_seconds is not None:
            yield QUEUE_WAIT, (), run.queue_seconds
        for time in run.phases:
            yield PHASE_SECONDS, (time.phase.value,), time.seconds
        if run.passes:
            yield STEPS, (), sum(bar.steps for bar in run.passes)
        for load in run.loads:
            yield LOADS, (self._model(load.model), load.mode.value), 1
        for unload in run.unloads:
            yield UNLOADS, (unload.mode.value,), unload.models or 1
            if unload.freed_bytes:
                yield FREED, (), unload.freed_bytes

    def _add_servers(self, report: Report, text: ShortText) -> None:
        for start in report.server_starts:
            at = start.started_at
            if at is None or not is_date(at):
                continue
            self._say(PROCESS_START, (), at, at)
            builds, labels = self.said.setdefault(BUILD, {}), _build(start, text)
            if labels in builds or len(builds) < _MOST_BUILDS:
                self._say(BUILD, labels, at, 1)

    def _say(self, family: Family, labels: Labels, at: float, value: float) -> None:
        self.said.setdefault(family, {}).setdefault(labels, Said()).say(at, value)

    def series(self, family: Family) -> dict[Labels, Grown | Said]:
        """A metric's series by their label values, in the order of these."""
        if family.kind in (Kind.GAUGE, Kind.INFO):
            return dict(sorted(self.said.get(family, {}).items()))
        begun = {labels: Grown() for labels in family.always}
        return dict(sorted((begun | self.grown.get(family, {})).items()))


def _limit_text(seconds: float) -> str:
    return f"{seconds:g}s"


def _build(start: ServerStart, text: ShortText) -> Labels:
    known = (start.comfyui_version, start.python_version, start.pytorch_version, start.vram_state)
    return tuple(text(value) if value else "" for value in known)
