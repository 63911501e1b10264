"""When nothing moves, and a queue that grows old. What counts as a stall is worked out by the exporter."""

from dashboards.alerts.base import Alert, Group, Recording, Scope, Severity, figure
from dashboards.alerts.runs import IN_FORCE

_STALLED = "max by (job, instance) (comfyui_stall) == 1"
_SILENT = "time() - (comfyui_run_last_activity_timestamp_seconds > 0)"
_WAIT_P95 = "instance:comfyui_queue_wait_seconds:p95_30m"

STALLED_IDLE = Alert(
    name="ComfyUIRunStalledIdle",
    expr=f'{_SILENT}\nand on (job, instance) comfyui_stall{{kind="silent_idle"}} == 1',
    wait="1m",
    severity=Severity.CRITICAL,
    scope=Scope.RUN,
    means="A run shows nothing any more and its GPU rests: it hangs.",
    summary="{{ $labels.instance }}: the run in flight hangs, silent for {{ $value | humanizeDuration }} with an idle GPU",
    description=(
        "No line and no step for {{ $value | humanizeDuration }}, and the GPU does nothing."
        + figure(" # more prompts wait behind it.", "comfyui_queue_pending{$} > 0", 'printf "%.0f"')
        + figure(" Its limit ends in #.", "(comfyui_run_deadline_timestamp_seconds{$} - time()) > 0")
    ),
)

STALLED_BUSY = Alert(
    name="ComfyUIRunStalledBusy",
    expr=f'{_SILENT}\nand on (job, instance) comfyui_stall{{kind="silent_busy"}} == 1',
    wait="5m",
    severity=Severity.WARNING,
    scope=Scope.RUN,
    means="A run has shown nothing for minutes while its GPU works, or while nobody knows whether it does.",
    summary="{{ $labels.instance }}: the run in flight is silent for {{ $value | humanizeDuration }}, its GPU is not idle",
    description=(
        "No line and no step for {{ $value | humanizeDuration }}. A long step without a progress bar looks like this, and so does a hang in"
        " a kernel."
        + figure(" GPU utilisation now: #.", "max(comfyui_gpu_utilization_ratio{$})", "humanizePercentage")
        + figure(" # more prompts wait behind it.", "comfyui_queue_pending{$} > 0", 'printf "%.0f"')
    ),
)

NOT_STARTING = Alert(
    name="ComfyUIQueueNotStarting",
    expr=('time() - (comfyui_queue_oldest_timestamp_seconds > 0)\nand on (job, instance) comfyui_stall{kind="not_started"} == 1'),
    wait="1m",
    severity=Severity.CRITICAL,
    scope=Scope.SERVER,
    means="Prompts wait and none runs: the server's worker is gone or blocked.",
    summary="{{ $labels.instance }}: prompts wait for {{ $value | humanizeDuration }} and none runs",
    description=(
        "The oldest prompt has waited for {{ $value | humanizeDuration }} while nothing runs."
        + figure(" # wait.", "comfyui_queue_pending{$} > 0", 'printf "%.0f"')
        + " The server answers, but its worker takes no work."
    ),
)

NOT_DRAINING = Alert(
    name="ComfyUIQueueNotDraining",
    expr=(
        "comfyui_queue_pending > 0\n"
        "and on (job, instance) changes(comfyui_run_last_end_timestamp_seconds[5m]) == 0\n"
        "unless on (job, instance) comfyui_run_deadline_timestamp_seconds > time()\n"
        f"unless on (job, instance) {_STALLED}"
    ),
    wait="30m",
    severity=Severity.WARNING,
    scope=Scope.SERVER,
    means="Prompts have waited for 30 minutes and no run has ended; the one in flight is past its limit or has none, and is not silent.",
    summary="{{ $labels.instance }}: {{ $value }} prompts wait, and no run has ended for half an hour",
    description=(
        "{{ $value }} prompts wait."
        + figure(" The run in flight began # ago.", "time() - (comfyui_run_start_timestamp_seconds{$} > 0)")
        + figure(" It is past its limit by #.", "(time() - (comfyui_run_deadline_timestamp_seconds{$} > 0)) > 0")
        + figure(" The oldest prompt has waited for #.", "time() - (comfyui_queue_oldest_timestamp_seconds{$} > 0)")
    ),
)

WAIT_HIGH = Alert(
    name="ComfyUIQueueWaitHigh",
    expr=(
        "(\n"
        f"    {_WAIT_P95} > on (job, instance) 0.5 * {IN_FORCE}\n"
        "  or\n"
        f"    {_WAIT_P95} > 300 unless on (job, instance) {IN_FORCE}\n"
        ")\n"
        "and on (job, instance) increase(comfyui_queue_wait_seconds_count[30m]) >= 5"
    ),
    wait="5m",
    severity=Severity.WARNING,
    scope=Scope.SERVER,
    means="One run in twenty waits longer than half of the limit (without a limit: 5 minutes) before it begins.",
    summary="{{ $labels.instance }}: runs wait up to {{ $value | humanizeDuration }} in the queue",
    description=(
        "In the last 30 minutes 95 % of the runs waited no longer than {{ $value | humanizeDuration }}, the others longer."
        + figure(" The limit is #, and the wait counts against it.", IN_FORCE + "{$}")
        + figure(" # wait now.", "comfyui_queue_pending{$} > 0", 'printf "%.0f"')
    ),
)

_P95 = Recording(
    name=_WAIT_P95,
    expr="histogram_quantile(0.95, sum by (job, instance, le) (increase(comfyui_queue_wait_seconds_bucket[30m])))",
)

STALLS = Group(name="comfymeter-stalls", rules=(_P95, STALLED_IDLE, STALLED_BUSY, NOT_STARTING, NOT_DRAINING, WAIT_HIGH))
