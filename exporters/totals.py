"""What has happened at one server since we watch it: updates to counters and histograms. Pure but for what it adds up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from analyzer.events import LoadMode, UnloadMode
from analyzer.runs.model import Load, Outcome, Phase, Run, Start, Unload
from exporters import metrics
from exporters.instruments import counter, histogram
from exporters.labels import CappedLabel
from exporters.live_runs import RequestQueued, RequestRejected, RunFinished, Update
from exporters.observations import Restarted

FAILURES = (Outcome.ERROR, Outcome.OOM, Outcome.INTERRUPTED, Outcome.CUT_OFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """How to count. `limits`: configured limits by name, in seconds; `workflows`: the names that get series of their own, those
    first seen if empty; `run_buckets`: other bounds for durations."""

    limits: Mapping[str, float] = field(default_factory=dict)
    workflows: Sequence[str] = ()
    run_buckets: Sequence[float] = ()


class Totals:
    """Feed it every update. Runs and requests that were over before we came are not counted: a counter says what was seen."""

    def __init__(self, counting: Counting | None = None) -> None:
        counting = counting or Counting()
        self.registry = registry = CollectorRegistry()
        self._limits = dict(list(counting.limits.items())[: metrics.MOST_LIMITS])
        self._overflow = counter(metrics.LABEL_OVERFLOW, registry)
        self.workflow = self._capped("workflow", metrics.MOST_WORKFLOWS, counting.workflows)
        self._model_class = self._capped("model_class", metrics.MOST_MODEL_CLASSES)
        self._restarts = counter(metrics.RESTARTS, registry)
        self._requests = counter(metrics.REQUESTS, registry)
        self._rejected = counter(metrics.REQUESTS_REJECTED, registry)
        self._queue_wait = histogram(metrics.QUEUE_WAIT, registry)
        self._runs = counter(metrics.RUNS, registry)
        self._failed = counter(metrics.RUNS_FAILED, registry)
        self._over = counter(metrics.RUNS_OVER_LIMIT, registry)
        self._durations = histogram(metrics.RUN_DURATION, registry, counting.run_buckets)
        self._phases = counter(metrics.PHASE_SECONDS, registry)
        self._steps = counter(metrics.SAMPLER_STEPS, registry)
        self._step_seconds = histogram(metrics.STEP_SECONDS, registry)
        self._loads = counter(metrics.MODEL_LOADS, registry)
        self._reloads = counter(metrics.MODEL_RELOADS, registry)
        self._unloads = counter(metrics.MODEL_UNLOADS, registry)
        self._freed = counter(metrics.MODEL_FREED, registry)
        self._begin_at_zero(counting.workflows)
        self.last_end_at = 0.0
        self.last_load: Load | None = None

    def _capped(self, label: str, most: int, allowed: Sequence[str] = ()) -> CappedLabel:
        overflow = self._overflow.labels(label)
        return CappedLabel(most, allowed=allowed, on_overflow=overflow.inc)

    def _begin_at_zero(self, workflows: Sequence[str]) -> None:
        """A first failure must be an increase, not a new series; a first run too, where the workflows are known."""
        for workflow in list(workflows)[: metrics.MOST_WORKFLOWS]:
            self._runs.labels(self.workflow(workflow))
        for reason in FAILURES:
            self._failed.labels(reason.value)
        for limit in self._limits:
            self._over.labels(limit)
        for phase in Phase:
            self._phases.labels(phase.value)
        for mode in UnloadMode:
            self._unloads.labels(mode.value)

    def feed(self, update: Update) -> None:
        """Counts what an update tells."""
        match update:
            case RunFinished(past=False):
                self._finished(update.run)
            case RequestQueued():
                self._requests.inc()
            case RequestRejected():
                self._rejected.inc()
            case Restarted():
                self._restarts.inc()
                self.last_load = None
            case _:
                pass

    def _finished(self, run: Run) -> None:
        workflow = self.workflow(run.workflow.name)
        self._runs.labels(workflow).inc()
        if run.outcome in FAILURES:
            self._failed.labels(run.outcome.value).inc()
        if run.queue_seconds is not None:
            self._queue_wait.observe(run.queue_seconds, _exemplar(run))
        if run.outcome is Outcome.SUCCESS and run.duration_seconds is not None:
            start = run.start if run.start is not Start.UNKNOWN else Start.WARM
            self._durations.labels(workflow, start.value).observe(run.duration_seconds, _exemplar(run))
        self._against_limits(run)
        self._work(run)
        self.last_end_at = max(self.last_end_at, run.ended_at or 0.0)

    def _against_limits(self, run: Run) -> None:
        for name, limit in self._limits.items():
            if run.used_seconds is not None and run.used_seconds > limit:
                self._over.labels(name).inc()

    def _work(self, run: Run) -> None:
        for time in run.phases:
            # Rounding may leave a phase a hair below nothing.
            self._phases.labels(time.phase.value).inc(max(0.0, time.seconds))
        for bar in run.passes:
            self._steps.inc(max(0.0, bar.steps))
            if bar.seconds_per_step is not None:
                self._step_seconds.observe(bar.seconds_per_step)
        for load in run.loads:
            self._loaded(load)
        for unload in run.unloads:
            self._unloaded(unload)

    def _loaded(self, load: Load) -> None:
        self._loads.labels(self._model_class(load.model or metrics.OTHER), load.mode.value).inc()
        if load.reload:
            self._reloads.inc()
        if load.mode is not LoadMode.DYNAMIC:
            self.last_load = load

    def _unloaded(self, unload: Unload) -> None:
        self._unloads.labels(unload.mode.value).inc(unload.models or 1)
        self._freed.inc(unload.freed_bytes or 0)


def _exemplar(run: Run) -> dict[str, str] | None:
    """The prompt's id, which is no label: it leads from a bucket to a run."""
    # OpenMetrics allows 128 characters for all names and values of an exemplar.
    return {"prompt_id": run.prompt_id} if run.prompt_id and len(run.prompt_id) <= 100 else None
