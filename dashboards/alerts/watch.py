"""Who watches the watcher: comfymeter itself, its log source, its history and its notifications."""

from dashboards.alerts.base import Alert, Group, Recording, Scope, Severity, figure

_TARGET_UP = "instance:comfymeter_target:up"

EXPORTER_DOWN = Alert(
    name="ComfymeterDown",
    expr=f"{_TARGET_UP} == 0",
    wait="3m",
    severity=Severity.CRITICAL,
    scope=Scope.WATCH,
    means="Prometheus has got no answer from comfymeter for 3 minutes: nobody watches these servers.",
    summary="{{ $labels.instance }}: comfymeter does not answer, nobody watches this server",
    description=(
        "Prometheus cannot scrape {{ $labels.instance }} (job {{ $labels.job }})."
        + figure(" Of the scrapes of the last 30 minutes # succeeded.", "avg_over_time(up{$}[30m])", "humanizePercentage")
        + " ComfyUI may be well; no other alert of this server can fire."
    ),
)

ABSENT = Alert(
    name="ComfymeterAbsent",
    expr=f"absent(comfymeter_build_info)\nunless on () {_TARGET_UP} == 0",
    wait="15m",
    severity=Severity.WARNING,
    scope=Scope.WATCH,
    means="These rules are loaded, but for 15 minutes no comfymeter was scraped and none is known to be down.",
    summary="No comfymeter is scraped",
    description="For 15 minutes Prometheus has had no target that is a comfymeter: none is configured, or none is discovered any more.",
)

COLLECTOR = Alert(
    name="ComfymeterCollectorFailing",
    expr="comfymeter_collect_success == 0",
    wait="5m",
    severity=Severity.WARNING,
    scope=Scope.WATCH,
    means="A part of the metrics could not be collected for 5 minutes.",
    summary="{{ $labels.instance }}: the collector {{ $labels.collector }} fails",
    description=(
        "The series of {{ $labels.collector }} are missing, and alerts that need them cannot fire."
        + figure(" Collectors that fail: #.", "count(comfymeter_collect_success{$} == 0)", 'printf "%.0f"')
    ),
)

LOG_SILENT = Alert(
    name="ComfyUILogSilent",
    expr=(
        "time() - (comfyui_log_last_line_timestamp_seconds > 0)\n"
        "and on (job, instance) increase(comfyui_log_lines_total[15m]) == 0\n"
        "and on (job, instance) changes(comfyui_run_last_end_timestamp_seconds[15m]) > 0"
    ),
    wait="1m",
    severity=Severity.WARNING,
    scope=Scope.WATCH,
    means="Runs end while their log has said nothing for 15 minutes: the log is not read any more.",
    summary="{{ $labels.instance }}: runs go on, but no log line came for {{ $value | humanizeDuration }}",
    description=(
        "The last line came {{ $value | humanizeDuration }} ago."
        + figure(" The last run ended # ago.", "time() - (comfyui_run_last_end_timestamp_seconds{$} > 0)")
        + " Phases, steps and predictions are missing, and a run without lines looks like one that hangs."
    ),
)

UNPARSED = Alert(
    name="ComfyUILogUnparsedHigh",
    expr=("increase(comfyui_log_unparsed_lines_total[1h]) / (increase(comfyui_log_lines_total[1h]) >= 100) > 0.2"),
    wait="30m",
    severity=Severity.INFO,
    scope=Scope.WATCH,
    means="More than a fifth of the log's lines are not recognised, as after an update of ComfyUI or a new custom node.",
    summary="{{ $labels.instance }}: {{ $value | humanizePercentage }} of the log's lines are not recognised",
    description=(
        "{{ $value | humanizePercentage }} of the last hour's lines"
        + figure(" (# lines)", "round(increase(comfyui_log_unparsed_lines_total{$}[1h]))", 'printf "%.0f"')
        + " are unknown to comfymeter. Phases and loads may be incomplete."
    ),
)

NOTIFYING = Alert(
    name="ComfymeterNotificationsFailing",
    expr="round(increase(comfymeter_notifications_failed_total[15m])) > 0",
    severity=Severity.WARNING,
    scope=Scope.WATCH,
    means="comfymeter could not send a notification of its own in the last 15 minutes.",
    summary="{{ $labels.instance }}: {{ $value }} of comfymeter's own notifications could not be sent",
    description=(
        "{{ $value }} failed in the last 15 minutes, after all retries."
        + figure(" Sent since comfymeter was started: #.", "sum(comfymeter_notifications_total{$})", 'printf "%.0f"')
        + " Whoever relies on them was not told."
    ),
)

STORING = Alert(
    name="ComfymeterStoreFailing",
    expr="round(increase(comfymeter_store_failures_total[5m])) > 0",
    wait="10m",
    severity=Severity.WARNING,
    scope=Scope.WATCH,
    means="For 10 minutes runs could not be written to the history; they wait in memory.",
    summary="{{ $labels.instance }}: runs cannot be written to the history",
    description=(
        "{{ $value }} attempts failed in the last 5 minutes. Runs wait in memory, 10,000 at most, and are lost with the process."
        + figure(" Runs that have ended in the last hour: #.", "sum(round(increase(comfyui_runs_total{$}[1h])))", 'printf "%.0f"')
    ),
)

OVERFLOW = Alert(
    name="ComfymeterLabelOverflow",
    expr="round(increase(comfymeter_label_overflow_total[1h])) > 0",
    severity=Severity.INFO,
    scope=Scope.WATCH,
    means="More workflows or model classes than may have series of their own were seen; the rest is counted as `other`.",
    summary="{{ $labels.instance }}: {{ $value }} values of the label {{ $labels.label }} were counted as `other` within an hour",
    description=(
        "The label {{ $labels.label }} is full: {{ $value }} times in the last hour a value had no series of its own."
        " Totals are right, the single values beyond the cap are not told apart."
    ),
)

# By the job names that are shipped, and by what a target has told before, whatever its job is called.
_TARGETS = Recording(
    name=_TARGET_UP,
    expr='up{job=~"comfymeter|comfyui"}\nor (up and on (job, instance) last_over_time(comfymeter_build_info[7d]))',
)

WATCH = Group(
    name="comfymeter-watch",
    rules=(_TARGETS, EXPORTER_DOWN, ABSENT, COLLECTOR, LOG_SILENT, UNPARSED, NOTIFYING, STORING, OVERFLOW),
)
