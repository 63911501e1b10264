"""Models and the sampler: loads that cost more than they should, steps that got slower."""

from dashboards.alerts.base import Alert, Group, Recording, Scope, Severity, figure

_RUNS = "instance:comfyui_runs:increase1h"
_RELOADS = "instance:comfyui_model_reloads_per_run:ratio1h"
_LOADING = "instance:comfyui_model_loading:ratio1h"
_STEP_NOW, _STEP_PAST = "instance:comfyui_sampler_step_seconds:mean30m", "instance:comfyui_sampler_step_seconds:mean1d"


def _mean_step(window: str) -> str:
    return f"increase(comfyui_sampler_step_seconds_sum[{window}]) / increase(comfyui_sampler_step_seconds_count[{window}])"


THRASH = Alert(
    name="ComfyUIModelThrash",
    expr=f"{_RELOADS} > 2\nand {_LOADING} > 0.25\nand {_RUNS} >= 5",
    wait="15m",
    severity=Severity.WARNING,
    scope=Scope.SERVER,
    means="Each run loads more than two models again that were on the GPU before, and loading takes over a quarter of the time.",
    summary='{{ $labels.instance }}: {{ $value | printf "%.1f" }} models are loaded again in each run',
    description=(
        '{{ $value | printf "%.1f" }} loads per run in the last hour were of models that had been on the GPU before.'
        + figure(" Loading took # of the runs' time.", f"{_LOADING}{{$}}", "humanizePercentage")
        + figure(" Partial unloads freed #B.", "increase(comfyui_model_freed_bytes_total{$}[1h])", "humanize1024")
    ),
)

PARTIAL = Alert(
    name="ComfyUIPartialLoads",
    expr=(
        'sum by (job, instance) (increase(comfyui_model_loads_total{mode="partial"}[30m]))\n'
        "/ (sum by (job, instance) (increase(comfyui_model_loads_total[30m])) >= 5)\n"
        "> 0.5"
    ),
    wait="30m",
    severity=Severity.INFO,
    scope=Scope.SERVER,
    means="More than half of the loads bring only a part of the model to the GPU, so that steps wait for weights.",
    summary="{{ $labels.instance }}: {{ $value | humanizePercentage }} of the model loads are partial",
    description=(
        "{{ $value | humanizePercentage }} of the loads of the last 30 minutes left a part of the model in main memory."
        + figure(" Left out at the last load: #B.", "comfyui_model_offloaded_bytes{$} > 0", "humanize1024")
        + figure(" Mean step now: #.", f"{_STEP_NOW}{{$}} > 0")
    ),
)

SLOWDOWN = Alert(
    name="ComfyUISamplerSlowdown",
    expr=(
        f"{_STEP_NOW} / {_STEP_PAST} offset 1h > 2\n"
        "and increase(comfyui_sampler_step_seconds_count[30m]) >= 5\n"
        "and increase(comfyui_sampler_step_seconds_count[1d] offset 1h) >= 50"
    ),
    wait="15m",
    keep="15m",
    severity=Severity.WARNING,
    scope=Scope.SERVER,
    means="A sampler step takes twice as long as in the day before.",
    summary='{{ $labels.instance }}: sampler steps take {{ $value | printf "%.1f" }} times as long as yesterday',
    description=(
        "Mean step of the last 30 minutes"
        + figure(": #", f"{_STEP_NOW}{{$}} > 0")
        + figure(", of the day before: #", f"{_STEP_PAST}{{$}} offset 1h > 0")
        + ". Larger pictures explain it as well as a GPU that is slowed down, shared, or short of memory."
    ),
)

_RECORDINGS = (
    Recording(name=_RUNS, expr="sum by (job, instance) (increase(comfyui_runs_total[1h]))"),
    Recording(name=_RELOADS, expr=f"sum by (job, instance) (increase(comfyui_model_reloads_total[1h])) / ({_RUNS} > 0)"),
    Recording(
        name=_LOADING,
        expr=(
            'sum by (job, instance) (increase(comfyui_phase_seconds_total{phase=~"model_load|pipeline_load"}[1h]))\n'
            "/ sum by (job, instance) (increase(comfyui_phase_seconds_total[1h]))"
        ),
    ),
    Recording(name=_STEP_NOW, expr=_mean_step("30m")),
    Recording(name=_STEP_PAST, expr=_mean_step("1d")),
)

MODELS = Group(name="comfymeter-models", every="1m", rules=(*_RECORDINGS, THRASH, PARTIAL, SLOWDOWN))
