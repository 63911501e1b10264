"""A configured limit beside the recommended one."""

from dashboards.alerts.base import SERVER, Alert, Group, Recording, Scope, Severity, figure
from dashboards.alerts.runs import IN_FORCE

_OWN = "instance_workflow:comfyui_timeout_own_seconds:max"
_RECOMMENDED = "comfyui_timeout_recommended_seconds"
_OF_ALL = 'comfyui_timeout_recommended_seconds{workflow="all"}'

TIGHT = Alert(
    name="ComfyUITimeoutTooTight",
    expr=(
        "(\n"
        f'    {_RECOMMENDED}{{workflow!="all"}} > on (job, instance, workflow) group_left () {_OWN}\n'
        "  or\n"
        f'    {_RECOMMENDED}{{workflow!="all"}} > on (job, instance) group_left () {IN_FORCE}\n'
        f"    unless on (job, instance, workflow) {_OWN}\n"
        ")\n"
        "and on (job, instance, workflow) comfyui_timeout_samples >= 20"
    ),
    wait="1h",
    severity=Severity.WARNING,
    scope=Scope.SERVER,
    means="The limit is below the one that the runs of a workflow call for, of which at least 20 were seen.",
    summary="{{ $labels.instance }}: the limit is too short for {{ $labels.workflow }}, which needs {{ $value | humanizeDuration }}",
    description=(
        "By its runs a limit of {{ $value | humanizeDuration }} is recommended for {{ $labels.workflow }}."
        + figure(" Its limit is #.", f"{_OWN}{{$}}", of=(*SERVER, "workflow"))
        + figure(" The limit in force for all that have none of their own is #.", IN_FORCE + "{$}")
        + " Runs that would have ended well are given up."
    ),
)

LOOSE = Alert(
    name="ComfyUITimeoutTooLoose",
    expr=(
        f'{IN_FORCE} / on (job, instance) {_OF_ALL} > 5\nand on (job, instance) comfyui_timeout_samples{{workflow="all"}} >= 20'
    ),
    wait="1h",
    severity=Severity.INFO,
    scope=Scope.SERVER,
    means="The limit is more than five times the recommended one: a run that hangs holds the queue that long.",
    summary='{{ $labels.instance }}: the limit is {{ $value | printf "%.0f" }} times the recommended one',
    description=(
        "In force"
        + figure(": #", IN_FORCE + "{$}")
        + figure(", recommended: #", f'{_RECOMMENDED}{{$,workflow="all"}}')
        + ". A client notices a run that hangs only when the limit ends."
    ),
)

# A limit that has a workflow's name is that workflow's own.
_OWN_RULE = Recording(
    name=_OWN,
    expr=(
        "max by (job, instance, workflow) (\n"
        '  label_replace(comfyui_timeout_configured_seconds, "workflow", "$1", "limit", "(.+)")\n'
        ")"
    ),
)

LIMITS = Group(name="comfymeter-limits", every="1m", rules=(_OWN_RULE, TIGHT, LOOSE))
