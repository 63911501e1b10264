"""All servers of a job against an objective: how fast the runs that may go wrong are used up.

A run is bad if it failed (not if somebody interrupted it) or took longer than the limit in force; one that did both counts once
more, and the share is capped at 1. A counter's first run of a workflow is no increase, so very small fleets count a run too few.
"""

from dashboards.alerts.base import Alert, Group, Recording, Scope, Severity, figure
from dashboards.alerts.runs import over_limit

OBJECTIVE = 0.99
LEAST_RUNS = 20
# Share of a 30 day budget spent at this rate: 2 % within the hour, 5 % within six.
FAST, SLOW = 14.4, 6.0
_WINDOWS = ("15m", "1h", "6h")


def _record(window: str) -> tuple[Recording, ...]:
    over, bad, ratio = (
        f"instance:comfyui_runs_over_limit:increase{window}",
        f"job:comfyui_runs_bad:increase{window}",
        f"job:comfyui_runs_bad:ratio{window}",
    )
    failed = f'sum by (job) (increase(comfyui_runs_failed_total{{reason!="interrupted"}}[{window}]))'
    return (
        Recording(name=over, expr=over_limit(window)),
        Recording(name=f"job:comfyui_runs:increase{window}", expr=f"sum by (job) (increase(comfyui_runs_total[{window}]))"),
        Recording(name=bad, expr=f"{failed}\n+ (sum by (job) ({over}) or 0 * {failed})"),
        Recording(name=ratio, expr=f"clamp_max({bad} / job:comfyui_runs:increase{window}, 1)"),
    )


def _burning(rate: float, long: str, short: str) -> str:
    limit = f"{rate * (1 - OBJECTIVE):.3f}"
    return (
        f"job:comfyui_runs_bad:ratio{long} > {limit}\n"
        f"and job:comfyui_runs_bad:ratio{short} > {limit}\n"
        f"and job:comfyui_runs:increase{long} >= {LEAST_RUNS}"
    )


FAST_BURN = Alert(
    name="ComfyUIRunsFailingFast",
    expr=_burning(FAST, "1h", "15m"),
    wait="2m",
    keep="10m",
    severity=Severity.CRITICAL,
    scope=Scope.FLEET,
    means="More than 14.4 % of the job's runs of the last hour, and of the last 15 minutes, failed or exceeded the limit (20 runs at least).",
    summary="{{ $labels.job }}: {{ $value | humanizePercentage }} of the last hour's runs failed or took too long",
    description=(
        "{{ $value | humanizePercentage }}"
        + figure(" of # runs", "job:comfyui_runs:increase1h{$}", 'printf "%.0f"', of=("job",))
        + " of the last hour failed or exceeded their limit. A month's allowance of 1 % is spent within two days at this rate."
    ),
)

SLOW_BURN = Alert(
    name="ComfyUIRunsFailingSlowly",
    expr=_burning(SLOW, "6h", "1h"),
    wait="15m",
    keep="30m",
    severity=Severity.WARNING,
    scope=Scope.FLEET,
    means="More than 6 % of the job's runs of the last 6 hours, and of the last hour, failed or exceeded the limit (20 runs at least).",
    summary="{{ $labels.job }}: {{ $value | humanizePercentage }} of the runs of 6 hours failed or took too long",
    description=(
        "{{ $value | humanizePercentage }}"
        + figure(" of # runs", "job:comfyui_runs:increase6h{$}", 'printf "%.0f"', of=("job",))
        + " of the last 6 hours failed or exceeded their limit. A month's allowance of 1 % is spent within five days at this rate."
    ),
)

FLEET = Group(
    name="comfymeter-fleet",
    every="1m",
    rules=(*(rule for window in _WINDOWS for rule in _record(window)), FAST_BURN, SLOW_BURN),
)
