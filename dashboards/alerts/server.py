"""A server that is away, does not answer, or comes back too often."""

from dashboards.alerts.base import Alert, Group, Scope, Severity, figure

DOWN = Alert(
    name="ComfyUIServerDown",
    expr="comfyui_up == 0\nunless on (job, instance) comfyui_stalled == 1",
    wait="2m",
    severity=Severity.CRITICAL,
    scope=Scope.SERVER,
    means="The server's API has not answered for 2 minutes.",
    summary="{{ $labels.instance }}: ComfyUI is down",
    description=(
        "Its API has not answered for more than 2 minutes; comfymeter itself is there."
        + figure(" The last run ended # ago.", "time() - (comfyui_run_last_end_timestamp_seconds{$} > 0)")
        + " What was queued is lost if the process is gone."
    ),
)

STALLED = Alert(
    name="ComfyUIServerStalled",
    expr="comfyui_stalled == 1",
    wait="10m",
    severity=Severity.CRITICAL,
    scope=Scope.SERVER,
    means="The server has taken connections for 10 minutes and answered none in time.",
    summary="{{ $labels.instance }}: ComfyUI takes connections but does not answer",
    description=(
        "For more than 10 minutes no answer came in time: a node holds it, its event loop is blocked, or the machine is out of memory and swaps."
        + figure(
            " The run in flight last showed something # ago.", "time() - (comfyui_run_last_activity_timestamp_seconds{$} > 0)"
        )
    ),
)

_OFTEN = "round(increase(comfyui_restarts_total[1h])) >= 3"

RESTARTED = Alert(
    name="ComfyUIRestarted",
    expr=f"round(increase(comfyui_restarts_total[10m])) > 0\nunless on (job, instance) {_OFTEN}",
    severity=Severity.INFO,
    scope=Scope.SERVER,
    means="Another server process was met than before.",
    summary="{{ $labels.instance }}: ComfyUI was restarted",
    description=(
        "{{ $value }} {{ if eq $value 1.0 }}restart{{ else }}restarts{{ end }} in the last 10 minutes; models have to be loaded again, and"
        " what was queued is gone."
        + figure(
            " Runs cut off in the last 10 minutes: #.",
            'round(increase(comfyui_runs_failed_total{$,reason="cut_off"}[10m]))',
            'printf "%.0f"',
        )
    ),
)

CRASH_LOOP = Alert(
    name="ComfyUICrashLooping",
    expr=_OFTEN,
    keep="10m",
    severity=Severity.CRITICAL,
    scope=Scope.SERVER,
    means="The server was restarted three times or more within an hour.",
    summary="{{ $labels.instance }}: ComfyUI was restarted {{ $value }} times within an hour",
    description=(
        "{{ $value }} restarts in the last hour."
        + figure(" Runs that failed meanwhile: #.", "sum(round(increase(comfyui_runs_failed_total{$}[1h])))", 'printf "%.0f"')
        + " A process that a supervisor starts again and again loses every queue."
    ),
)

SERVER = Group(name="comfymeter-server", rules=(DOWN, STALLED, RESTARTED, CRASH_LOOP))
