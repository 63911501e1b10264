"""The metrics that a log can be turned into, under the names that the live exporter has for them."""

from dataclasses import dataclass
from enum import StrEnum

from analyzer.events import UnloadMode
from analyzer.runs.model import Outcome, Phase

Labels = tuple[str, ...]

# The bounds sit on limits that people set, so that the share of runs beyond one of them is exact.
DURATION_BUCKETS = (1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0)


class Kind(StrEnum):
    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Family:
    """One metric. `name` without the suffix of its samples; `always`: label values whose series begin at 0 with the log."""

    name: str
    kind: Kind
    help: str
    unit: str = ""
    labels: Labels = ()
    always: tuple[Labels, ...] = ()


def _each(*values: StrEnum) -> tuple[Labels, ...]:
    return tuple((value.value,) for value in values)


FAILURES = (Outcome.ERROR, Outcome.OOM, Outcome.INTERRUPTED, Outcome.CUT_OFF)

RUNS = Family(name="comfyui_runs", kind=Kind.COUNTER, help="Runs that ended, however they did.", always=((),))
FAILED = Family(
    name="comfyui_runs_failed",
    kind=Kind.COUNTER,
    help="Runs that failed.",
    labels=("reason",),
    always=_each(*FAILURES),
)
OVER_LIMIT = Family(
    name="comfyui_runs_over_limit",
    kind=Kind.COUNTER,
    help="Runs that took longer than a limit, queue wait included.",
    labels=("limit",),
)
DURATION = Family(
    name="comfyui_run_duration_seconds",
    kind=Kind.HISTOGRAM,
    help="How long finished runs took.",
    unit="seconds",
    labels=("start", "workflow"),
)
QUEUE_WAIT = Family(
    name="comfyui_queue_wait_seconds",
    kind=Kind.HISTOGRAM,
    help="How long requests waited, as far as it can be inferred.",
    unit="seconds",
    always=((),),
)
PHASE_SECONDS = Family(
    name="comfyui_phase_seconds",
    kind=Kind.COUNTER,
    help="Time of runs by phase.",
    unit="seconds",
    labels=("phase",),
    always=_each(*Phase),
)
STEPS = Family(name="comfyui_sampler_steps", kind=Kind.COUNTER, help="Steps of sampler passes.", always=((),))
LOADS = Family(
    name="comfyui_model_loads",
    kind=Kind.COUNTER,
    help="Models brought to the device.",
    labels=("model_class", "mode"),
)
UNLOADS = Family(
    name="comfyui_model_unloads",
    kind=Kind.COUNTER,
    help="Models taken off the device, as far as lines say so.",
    labels=("mode",),
    always=_each(*UnloadMode),
)
FREED = Family(
    name="comfyui_model_freed_bytes",
    kind=Kind.COUNTER,
    help="Memory that partial unloads freed.",
    unit="bytes",
    always=((),),
)
RUN_START = Family(
    name="comfyui_run_start_timestamp_seconds",
    kind=Kind.GAUGE,
    help="When the run in progress began; 0 between runs.",
    unit="seconds",
)
LOADED = Family(
    name="comfyui_model_loaded_bytes",
    kind=Kind.GAUGE,
    help="What the last load line says is on the device of its model.",
    unit="bytes",
)
OFFLOADED = Family(
    name="comfyui_model_offloaded_bytes",
    kind=Kind.GAUGE,
    help="What the last load line says is not on the device of its model.",
    unit="bytes",
)
PROCESS_START = Family(
    name="comfyui_process_start_timestamp_seconds",
    kind=Kind.GAUGE,
    help="When the server started.",
    unit="seconds",
)
BUILD = Family(
    name="comfyui_build",
    kind=Kind.INFO,
    help="What the server said about itself when it started.",
    labels=("version", "python", "torch", "vram_state"),
)

FAMILIES: tuple[Family, ...] = (
    *(RUNS, FAILED, OVER_LIMIT, DURATION, QUEUE_WAIT, PHASE_SECONDS, STEPS),
    *(LOADS, UNLOADS, FREED, RUN_START, LOADED, OFFLOADED, PROCESS_START, BUILD),
)
