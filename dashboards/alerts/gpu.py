"""The GPU: memory that runs short or never comes back, clocks that are lowered."""

from dashboards.alerts.base import Alert, Group, Recording, Scope, Severity, figure

_FLOOR = "instance_gpu:comfyui_gpu_memory_floor_bytes:min1h"
_TOTAL = "comfyui_gpu_memory_total_bytes"
# A machine's other GPUs are not this server's; where the driver does not tell, all are looked at.
_OURS = "unless on (job, instance, gpu) comfyui_gpu_process_memory_bytes == 0"
# Between two runs in a row nothing runs for a moment.
_RUNNING = "and on (job, instance) max_over_time(comfyui_run_start_timestamp_seconds[5m]) > 0"

NEARLY_FULL = Alert(
    name="ComfyUIVRAMNearlyFull",
    expr=f"comfyui_gpu_memory_used_bytes / {_TOTAL} > 0.95\n{_RUNNING}\n{_OURS}",
    wait="5m",
    severity=Severity.INFO,
    scope=Scope.SERVER,
    means="More than 95 % of the GPU's memory has been in use for 5 minutes while runs went on.",
    summary="{{ $labels.instance }}: {{ $value | humanizePercentage }} of the memory of GPU {{ $labels.gpu }} are in use",
    description=(
        "{{ $value | humanizePercentage }} are in use. The next larger picture may not fit, or is made with weights moved in and out."
        + figure(" Other programs hold #B on this machine's GPUs.", "sum(comfyui_gpu_other_memory_bytes{$})", "humanize1024")
    ),
)

CREEP = Alert(
    name="ComfyUIVRAMCreep",
    expr=(
        f"({_FLOOR} - {_FLOOR} offset 6h) / {_TOTAL} > 0.1\n"
        f"and {_FLOOR} - {_FLOOR} offset 2h > 0.01 * {_TOTAL}\n"
        f"and {_FLOOR} offset 2h - {_FLOOR} offset 4h > 0.01 * {_TOTAL}\n"
        f"and {_FLOOR} offset 4h - {_FLOOR} offset 6h > 0.01 * {_TOTAL}"
    ),
    wait="30m",
    severity=Severity.WARNING,
    scope=Scope.SERVER,
    means="The least memory in use within an hour has risen again and again for 6 hours: something is never released.",
    summary=(
        "{{ $labels.instance }}: what GPU {{ $labels.gpu }} never gives back has grown by {{ $value | humanizePercentage }}"
        " of its memory in 6 hours"
    ),
    description=(
        "The least that was in use within an hour has risen in each of the last three times two hours, by {{ $value | humanizePercentage }}"
        " of the GPU's memory together."
        + figure(" In use now: #.", f"max(comfyui_gpu_memory_used_bytes{{$}} / {_TOTAL}{{$}})", "humanizePercentage")
        + " At this pace runs will fail for lack of memory."
    ),
)

THROTTLED = Alert(
    name="ComfyUIGPUThrottled",
    expr=(
        'max by (job, instance, gpu) (avg_over_time(comfyui_gpu_throttled{reason!="sw_power_cap"}[5m])) > 0.5\n'
        f"{_RUNNING}\n{_OURS}"
    ),
    wait="5m",
    severity=Severity.WARNING,
    scope=Scope.SERVER,
    means="The GPU's clocks have been lowered by heat or by a lack of power for most of 10 minutes while runs went on.",
    summary="{{ $labels.instance }}: GPU {{ $labels.gpu }} is slowed down by heat or a lack of power",
    description=(
        "Clocks were lowered for {{ $value | humanizePercentage }} of the last 5 minutes."
        + figure(" Hottest GPU: # °C.", "max(comfyui_gpu_temperature_celsius{$})", 'printf "%.0f"')
        + figure(" Power drawn: # W.", "sum(comfyui_gpu_power_watts{$})", 'printf "%.0f"')
        + " Runs take longer than their past says."
    ),
)

_FLOOR_RULE = Recording(
    name=_FLOOR,
    expr="min_over_time(comfyui_gpu_process_memory_bytes[1h])\nor min_over_time(comfyui_gpu_memory_used_bytes[1h])",
)

GPU = Group(name="comfymeter-gpu", every="1m", rules=(_FLOOR_RULE, NEARLY_FULL, CREEP, THROTTLED))
