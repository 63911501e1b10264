"""A run that will take too long, one that does, one that did; and one that ran out of memory."""

from dashboards.alerts.base import Alert, Group, Scope, Severity, figure

IN_FORCE = "comfyui_timeout_in_force_seconds"


def over_limit(window: str) -> str:
    """Runs of the last `window` that took longer than the limit in force; other limits are only counted, nobody waits by them."""
    return (
        "max by (job, instance) (\n"
        f"    round(increase(comfyui_runs_over_limit_total[{window}]))\n"
        "  and on (job, instance, limit)\n"
        f"    comfyui_timeout_configured_seconds == on (job, instance) group_left () {IN_FORCE}\n"
        ")"
    )


PREDICTED = Alert(
    name="ComfyUIRunPredictedToTimeOut",
    expr="comfyui_run_exceed_probability and comfyui_run_at_risk == 1",
    severity=Severity.WARNING,
    scope=Scope.RUN,
    means="The run in flight will most likely exceed its limit: its own steps or past runs say so, twice in a row.",
    summary="{{ $labels.instance }}: the run in flight will probably time out ({{ $value | humanizePercentage }})",
    description=(
        "It exceeds its limit"
        + figure(" of #", IN_FORCE + "{$}")
        + " with a chance of {{ $value | humanizePercentage }}."
        + figure(
            " It is expected to end # after the limit.",
            "(comfyui_run_predicted_end_timestamp_seconds{$} - comfyui_run_deadline_timestamp_seconds{$}) > 0",
        )
        + figure(" # are left until then.", "(comfyui_run_deadline_timestamp_seconds{$} - time()) > 0")
    ),
)

NEAR = Alert(
    name="ComfyUIRunNearTimeout",
    expr=f"1 - ((comfyui_run_deadline_timestamp_seconds > 0) - time()) / {IN_FORCE} > 0.8",
    severity=Severity.WARNING,
    scope=Scope.RUN,
    means="The run in flight has used more than 80 % of its limit, queue wait included.",
    summary="{{ $labels.instance }}: the run in flight has used {{ $value | humanizePercentage }} of its limit",
    description=(
        "{{ $value | humanizePercentage }} of the limit"
        + figure(" of #", IN_FORCE + "{$}")
        + " are used, the wait in the queue included."
        + figure(" # are left.", "(comfyui_run_deadline_timestamp_seconds{$} - time()) > 0")
        + figure(" The run is expected to end in #.", "(comfyui_run_predicted_end_timestamp_seconds{$} - time()) > 0")
    ),
)

TIMED_OUT = Alert(
    name="ComfyUIRunTimedOut",
    expr=(
        f"{over_limit('10m')}\n"
        "+ on (job, instance)\n"
        "  (comfyui_run_deadline_timestamp_seconds > bool 0) * (comfyui_run_deadline_timestamp_seconds < bool time())\n"
        "> 0"
    ),
    severity=Severity.WARNING,
    scope=Scope.RUN,
    means="The run in flight is past its limit, or a run of the last 10 minutes was longer than that.",
    summary=(
        "{{ $labels.instance }}: {{ $value }} {{ if eq $value 1.0 }}run has{{ else }}runs have{{ end }} exceeded the limit"
        + figure(" of #", IN_FORCE + "{$}")
    ),
    description=(
        "{{ $value }} in the last 10 minutes, the run in flight included."
        + figure(
            " The run in flight is # past its limit.",
            "(time() - (comfyui_run_deadline_timestamp_seconds{$} > 0)) > 0",
        )
        + figure(" A limit of # is recommended.", "max(comfyui_timeout_recommended_seconds{$})")
        + " A client that waits no longer than the limit has given up; the server may still work on it."
    ),
)

OUT_OF_MEMORY = Alert(
    name="ComfyUIOutOfMemory",
    expr='sum by (job, instance) (round(increase(comfyui_runs_failed_total{reason="oom"}[10m]))) > 0',
    severity=Severity.WARNING,
    scope=Scope.SERVER,
    means="A run of the last 10 minutes failed for lack of memory, on the GPU or on the machine.",
    summary="{{ $labels.instance }}: {{ $value }} {{ if eq $value 1.0 }}run{{ else }}runs{{ end }} out of memory",
    description=(
        "{{ $value }} failed for lack of memory in the last 10 minutes."
        + figure(" Most memory in use since the last run began: #B.", "max(comfyui_gpu_memory_peak_bytes{$})", "humanize1024")
        + figure(" Other programs hold #B.", "max(comfyui_gpu_other_memory_bytes{$})", "humanize1024")
    ),
)

RUNS = Group(name="comfymeter-runs", rules=(PREDICTED, NEAR, TIMED_OUT, OUT_OF_MEMORY))
