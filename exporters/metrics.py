"""The catalogue: each metric once, with what it means. Collectors fill them in; dashboards and rules may use no others.

Base units; totals beside failures instead of a success label; moments instead of elapsed times; what is unknown is no series.
A label's values are few and known beforehand: no prompt ids, file names, users or hosts.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What Prometheus takes a metric for."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """`buckets`: upper bounds of a histogram, without +Inf. A counter's `name` ends in `_total`."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


# Bounds lie on limits that clients really use, so that the share lost behind 60 s or 1800 s is exact.
RUN_BUCKETS = (1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0)
STEP_BUCKETS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0)
MOST_WORKFLOWS = 20
MOST_MODEL_CLASSES = 40
MOST_LIMITS = 6
OTHER = "other"


def _gauge(name: str, help: str, *labels: str) -> Metric:
    return Metric(name=name, kind=Kind.GAUGE, help=help, labels=labels)


def _counter(name: str, help: str, *labels: str) -> Metric:
    return Metric(name=name, kind=Kind.COUNTER, help=help, labels=labels)


def _histogram(name: str, help: str, buckets: tuple[float, ...], *labels: str) -> Metric:
    return Metric(name=name, kind=Kind.HISTOGRAM, help=help, labels=labels, buckets=buckets)


# --- the server --------------------------------------------------------------------------------------------------

UP = _gauge("comfyui_up", "Whether the server's API answers: 1, or 0. Only where a URL is watched.")
STALLED = _gauge("comfyui_stalled", "Whether the server takes connections but answers too late: 1, or 0.")
BUILD_INFO = _gauge("comfyui_build_info", "Versions of the server, always 1.", "version", "python", "pytorch", "vram_state")
RESTARTS = _counter("comfyui_restarts_total", "Times another server process was met than before.")
QUEUE_PENDING = _gauge("comfyui_queue_pending", "Prompts that wait.")
QUEUE_RUNNING = _gauge("comfyui_queue_running", "Prompts that run.")
QUEUE_OLDEST = _gauge(
    "comfyui_queue_oldest_timestamp_seconds", "When the prompt that has waited longest was sent or first seen; 0: none waits."
)
QUEUE_WAIT = _histogram("comfyui_queue_wait_seconds", "From being sent to its start, of runs that have ended.", RUN_BUCKETS)
REQUESTS = _counter("comfyui_requests_total", "Prompts sent.")
REQUESTS_REJECTED = _counter("comfyui_requests_rejected_total", "Prompts that failed validation. Only the log tells.")

# --- runs that have ended ----------------------------------------------------------------------------------------

RUNS = _counter("comfyui_runs_total", "Runs that have ended, however.", "workflow")
RUNS_FAILED = _counter("comfyui_runs_failed_total", "Runs that have not succeeded, by reason.", "reason")
RUNS_OVER_LIMIT = _counter(
    "comfyui_runs_over_limit_total", "Runs that took longer than a configured limit, queue wait included.", "limit"
)
RUN_DURATION = _histogram(
    "comfyui_run_duration_seconds",
    "Duration of successful runs, without the queue wait and without runs that only answered from the cache.",
    RUN_BUCKETS,
    "workflow",
    "start",
)
PHASE_SECONDS = _counter("comfyui_phase_seconds_total", "Time of runs that have ended, by phase.", "phase")
RUN_LAST_END = _gauge("comfyui_run_last_end_timestamp_seconds", "When the last run ended; 0: none was seen.")

# --- the run in flight -------------------------------------------------------------------------------------------

RUN_PHASE = _gauge("comfyui_run_phase", "Whether the run in flight is in this phase: 1, or 0.", "phase")
RUN_START = _gauge("comfyui_run_start_timestamp_seconds", "When the run in flight began; 0: none runs.")
RUN_DEADLINE = _gauge(
    "comfyui_run_deadline_timestamp_seconds", "When the client's limit ends for the run in flight; 0: none runs, or no limit."
)
RUN_PREDICTED_END = _gauge(
    "comfyui_run_predicted_end_timestamp_seconds", "When the run in flight is expected to end (median); 0: nothing runs."
)
RUN_PREDICTED_END_LOW = _gauge(
    "comfyui_run_predicted_end_low_timestamp_seconds", "With 90 % it ends after this; 0: nothing runs."
)
RUN_PREDICTED_END_HIGH = _gauge(
    "comfyui_run_predicted_end_high_timestamp_seconds", "With 90 % it ends before this; 0: nothing runs."
)
RUN_EXCEED_PROBABILITY = _gauge(
    "comfyui_run_exceed_probability", "Chance that the run in flight exceeds its limit; 0: nothing runs, or no limit."
)
RUN_AT_RISK = _gauge(
    "comfyui_run_at_risk", "Whether that chance has been high twice in a row, by the evidence there is: 1, or 0."
)
RUN_PROGRESS = _gauge("comfyui_run_progress_ratio", "Steps of the sampler pass under way, done of all; 0: none.")
RUN_LAST_ACTIVITY = _gauge(
    "comfyui_run_last_activity_timestamp_seconds", "When the run in flight last showed anything: a line, a step; 0: none runs."
)
STALL = _gauge(
    "comfyui_stall",
    "Whether nothing moves: not_started (queued, none runs), silent_busy, silent_idle (a run is silent, its GPU works or not).",
    "kind",
)

# --- limits ------------------------------------------------------------------------------------------------------

TIMEOUT_CONFIGURED = _gauge("comfyui_timeout_configured_seconds", "The configured limits.", "limit")
TIMEOUT_IN_FORCE = _gauge(
    "comfyui_timeout_in_force_seconds", "The limit that deadlines and risks refer to; no series where none was given."
)
TIMEOUT_RECOMMENDED = _gauge(
    "comfyui_timeout_recommended_seconds", "The recommended limit; no series without evidence.", "workflow"
)
TIMEOUT_SAMPLES = _gauge("comfyui_timeout_samples", "Runs behind the recommendation.", "workflow")
TIMEOUT_RISK = _gauge(
    "comfyui_timeout_risk_ratio", "Estimated share of runs that exceed a configured limit.", "workflow", "limit"
)

# --- the sampler and the models ----------------------------------------------------------------------------------

SAMPLER_STEPS = _counter("comfyui_sampler_steps_total", "Sampler steps done.")
STEP_SECONDS = _histogram("comfyui_sampler_step_seconds", "Mean seconds per step of each sampler pass.", STEP_BUCKETS)
MODEL_LOADS = _counter(
    "comfyui_model_loads_total", "Models brought to the device. The class is Python's, as the log has it.", "model_class", "mode"
)
MODEL_RELOADS = _counter("comfyui_model_reloads_total", "Loads of a class that was on the device before in this server's life.")
MODEL_UNLOADS = _counter("comfyui_model_unloads_total", "Models put out, wholly or in part.", "mode")
MODEL_FREED = _counter("comfyui_model_freed_bytes_total", "Bytes that partial unloads freed.")
MODEL_LOADED = _gauge("comfyui_model_loaded_bytes", "Weights on the device after the last load line.")
MODEL_OFFLOADED = _gauge("comfyui_model_offloaded_bytes", "Weights kept off the device after the last load line.")

# --- the GPU -----------------------------------------------------------------------------------------------------

GPU_INFO = _gauge("comfyui_gpu_info", "Which GPU it is, always 1.", "gpu", "uuid", "name")
GPU_MEMORY_USED = _gauge("comfyui_gpu_memory_used_bytes", "Memory in use by all processes.", "gpu")
GPU_MEMORY_TOTAL = _gauge("comfyui_gpu_memory_total_bytes", "Memory that can be had.", "gpu")
GPU_MEMORY_PEAK = _gauge(
    "comfyui_gpu_memory_peak_bytes", "Most memory in use since the run in flight, or the last one, began.", "gpu"
)
GPU_MEMORY_WINDOW_PEAK = _gauge("comfyui_gpu_memory_window_peak_bytes", "Most memory in use since the scrape before.", "gpu")
GPU_PROCESS_MEMORY = _gauge(
    "comfyui_gpu_process_memory_bytes", "Memory of the server's processes; absent where the driver does not tell.", "gpu"
)
GPU_OTHER_MEMORY = _gauge(
    "comfyui_gpu_other_memory_bytes", "Memory of all other processes; absent where the driver does not tell.", "gpu"
)
GPU_UTILIZATION = _gauge("comfyui_gpu_utilization_ratio", "Share of time in which the GPU worked.", "gpu")
GPU_TEMPERATURE = _gauge("comfyui_gpu_temperature_celsius", "Temperature.", "gpu")
GPU_POWER = _gauge("comfyui_gpu_power_watts", "Power drawn.", "gpu")
GPU_ENERGY = _counter("comfyui_gpu_energy_joules_total", "Energy used, as the GPU counts it.", "gpu")
GPU_THROTTLED = _gauge("comfyui_gpu_throttled", "Whether clocks are lowered for this reason: 1, or 0.", "gpu", "reason")
RUN_VRAM_PEAK = _gauge("comfyui_run_last_vram_peak_bytes", "Most memory in use on its GPU during the last run.")
RUN_VRAM_MEAN = _gauge("comfyui_run_last_vram_mean_bytes", "Mean memory in use on its GPU during the last run.")
RUN_PHASE_VRAM_PEAK = _gauge(
    "comfyui_run_last_phase_vram_peak_bytes", "Most memory in use on its GPU during a phase of the last run.", "phase"
)
RUN_ENERGY = _gauge("comfyui_run_last_energy_joules", "Energy of the last run; absent where the GPU does not count it.")

# --- the log, and ourselves --------------------------------------------------------------------------------------

LOG_LINES = _counter("comfyui_log_lines_total", "Lines read.")
LOG_UNPARSED = _counter("comfyui_log_unparsed_lines_total", "Lines that were not recognised.")
LOG_GAPS = _counter("comfyui_log_gaps_total", "Times that log text was lost: the server kept less than was written while away.")
LOG_LAST_LINE = _gauge("comfyui_log_last_line_timestamp_seconds", "When the last line was read; 0: none.")
PREDICTION_ERROR = _gauge(
    "comfymeter_prediction_error_ratio",
    "Mean error of the predicted rest, against the actual one, at this share of the run; over the last runs.",
    "share",
)
PREDICTION_COVERAGE = _gauge(
    "comfymeter_prediction_coverage_ratio", "Share of the last predictions whose 80 % range held.", "share"
)
OWN_BUILD_INFO = _gauge("comfymeter_build_info", "Version of comfymeter, always 1.", "version")
TARGETS = _gauge("comfymeter_targets", "Servers watched by this process.")
COLLECT_SUCCESS = _gauge("comfymeter_collect_success", "Whether a collector worked at this scrape: 1, or 0.", "collector")
COLLECT_DURATION = _gauge("comfymeter_collect_duration_seconds", "How long a collector took.", "collector")
LABEL_OVERFLOW = _counter(
    "comfymeter_label_overflow_total", "Values that were counted as `other` because a label is full.", "label"
)
NOTIFICATIONS = _counter("comfymeter_notifications_total", "Notifications sent, by event.", "event")
NOTIFICATIONS_FAILED = _counter("comfymeter_notifications_failed_total", "Notifications that could not be sent.")
STORE_FAILED = _counter("comfymeter_store_failures_total", "Runs that could not be written to the history yet.")

METRICS: tuple[Metric, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Metric))
