"""Attributes of spans, events and resources: what is known, by name."""

import math
from collections.abc import Mapping
from typing import Any

from analyzer.analysis import SourceInfo
from analyzer.renderers.short_text import ShortText
from analyzer.runs.model import Load, Outcome, PhaseSpan, ProgressBar, Run, ServerStart

Attributes = Mapping[str, str | int | float | bool]

# OpenTelemetry's words for how a pipeline's run ended; a log without the error stream does not say.
_RESULTS = {
    Outcome.SUCCESS: "success",
    Outcome.CACHED: "success",
    Outcome.ERROR: "failure",
    Outcome.OOM: "failure",
    Outcome.INTERRUPTED: "cancellation",
    Outcome.CUT_OFF: "error",
}


def known(**values: Any) -> Attributes:
    """The values that are known, floats rounded but floats still: back ends want one type per name. `__` stands for a dot."""
    finite = {name: value for name, value in values.items() if value is not None and not _is_odd(value)}
    return {name.replace("__", "."): round(value, 6) if isinstance(value, float) else value for name, value in finite.items()}


def _is_odd(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def of_run(run: Run, text: ShortText, left_out: int) -> Attributes:
    """`left_out`: spans of the run that are not sent because there are too many."""
    return known(
        cicd__pipeline__name=text(run.workflow.name),
        cicd__pipeline__run__id=text(run.prompt_id) if run.prompt_id else None,
        cicd__pipeline__result=_RESULTS.get(run.outcome),
        error__type=text(run.failure.kind) if run.failure else None,
        comfyui__workflow__name=text(run.workflow.name),
        comfyui__workflow__signature=text(run.workflow.signature),
        comfyui__prompt__id=text(run.prompt_id) if run.prompt_id else None,
        comfyui__run__number=run.number,
        comfyui__run__outcome=run.outcome.value,
        comfyui__run__start=run.start.value,
        comfyui__run__partial=run.partial,
        comfyui__run__duration_seconds=run.duration_seconds,
        comfyui__run__observed_seconds=run.observed_seconds,
        comfyui__run__queue_seconds=run.queue_seconds,
        comfyui__run__limit_seconds=run.limit_seconds,
        comfyui__run__verdict=run.verdict.value if run.limit_seconds is not None else None,
        comfyui__run__vram_peak_bytes=run.vram.peak_bytes if run.vram else None,
        comfyui__run__spans_left_out=left_out or None,
        comfyui__log__first_line=run.first_line,
        comfyui__log__last_line=run.last_line,
    )


def of_phase(span: PhaseSpan) -> Attributes:
    return known(
        comfyui__phase=span.phase.value,
        comfyui__phase__evidence=span.evidence.value,
        comfyui__log__first_line=span.first_line,
        comfyui__log__last_line=span.last_line,
    )


def of_load(load: Load, text: ShortText) -> Attributes:
    return known(
        comfyui__model__class=text(load.model) if load.model else None,
        comfyui__model__role=load.role.value,
        comfyui__load__mode=load.mode.value,
        comfyui__load__reload=load.reload,
        comfyui__load__loaded_bytes=load.loaded_bytes,
        comfyui__load__added_bytes=load.added_bytes,
        comfyui__load__offloaded_bytes=load.offloaded_bytes,
        comfyui__load__usable_bytes=load.usable_bytes,
        comfyui__load__patches=load.patches,
        comfyui__log__line=load.line,
    )


def of_bar(bar: ProgressBar, text: ShortText) -> Attributes:
    return known(
        comfyui__bar__label=text(bar.label) or None,
        comfyui__bar__steps=bar.steps,
        comfyui__bar__total_steps=bar.total_steps,
        comfyui__bar__seconds=bar.seconds,
        comfyui__bar__seconds_per_step=bar.seconds_per_step,
        comfyui__bar__complete=bar.complete,
        comfyui__log__line=bar.last_line,
    )


def of_resource(source: SourceInfo | None, start: ServerStart | None, text: ShortText) -> Attributes:
    """The server that ran: `service.*` and what its start-up lines say."""
    about = (
        {}
        if start is None
        else {
            "service__version": start.comfyui_version,
            "process__runtime__version": start.python_version,
            "comfyui__pytorch__version": start.pytorch_version,
            "comfyui__device": start.device,
            "comfyui__vram_state": start.vram_state,
        }
    )
    texts = {name: text(value) for name, value in about.items() if value}
    return known(
        service__name="comfyui",
        log__file__name=text(source.name) if source else None,
        comfyui__device__vram_bytes=start.total_vram_bytes if start else None,
        **texts,
    )
