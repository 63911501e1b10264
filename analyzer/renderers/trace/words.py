"""What shapes are called and the figures under them."""

from analyzer.renderers.short_text import ShortText
from analyzer.renderers.trace.shapes import Facts, facts
from analyzer.renderers.words import OUTCOMES, steps
from analyzer.runs.model import DetectionTime, Load, Outcome, ProgressBar, Run, ServerStart, Unload


def run_name(run: Run, text: ShortText) -> str:
    """`run 3: Flux, 2 passes (out of memory)`."""
    ending = "" if run.outcome is Outcome.SUCCESS else f" ({OUTCOMES[run.outcome]})"
    return f"run {run.number}: {text(run.workflow.name)}{ending}"


def run_facts(run: Run, text: ShortText) -> Facts:
    return facts(
        run=run.number,
        outcome=run.outcome.value,
        workflow=text(run.workflow.name),
        start=run.start.value,
        duration_seconds=run.duration_seconds,
        observed_seconds=run.observed_seconds,
        queue_seconds=run.queue_seconds,
        limit_seconds=run.limit_seconds,
        verdict=run.verdict.value if run.limit_seconds is not None else None,
        peak_bytes=run.vram.peak_bytes if run.vram else None,
        phases_scaled=run.phases_scaled or None,
        prompt_id=text(run.prompt_id) if run.prompt_id else None,
        queued_line=run.queued_line,
        first_line=run.first_line,
        last_line=run.last_line,
    )


def work_name(item: ProgressBar | DetectionTime, text: ShortText) -> str:
    """`pass, 28 steps`, a bar's own description, a detector's result."""
    return text(item.label) or (f"pass, {steps(item)}" if isinstance(item, ProgressBar) else "detection")


def work_facts(item: ProgressBar | DetectionTime) -> Facts:
    if isinstance(item, DetectionTime):
        return facts(seconds=item.seconds, line=item.line)
    return facts(
        steps=item.steps,
        total_steps=item.total_steps,
        unit=item.unit,
        seconds=item.seconds,
        seconds_per_step=item.seconds_per_step,
        complete=item.complete,
        first_line=item.line,
        last_line=item.last_line,
    )


def load_name(load: Load, text: ShortText) -> str:
    """`load Flux`, `reload Flux (partial)`."""
    name = text(load.model) if load.model else "unknown model"
    return f"{'reload' if load.reload else 'load'} {name} ({load.mode.value})"


def load_facts(load: Load, text: ShortText) -> Facts:
    return facts(
        model=text(load.model) if load.model else None,
        role=load.role.value,
        mode=load.mode.value,
        loaded_bytes=load.loaded_bytes,
        usable_bytes=load.usable_bytes,
        offloaded_bytes=load.offloaded_bytes,
        added_bytes=load.added_bytes,
        patches=load.patches,
        seconds=load.seconds,
        reload=load.reload,
        line=load.line,
    )


def unload_facts(unload: Unload) -> Facts:
    return facts(
        mode=unload.mode.value,
        models=unload.models,
        freed_bytes=unload.freed_bytes,
        remaining_bytes=unload.remaining_bytes,
        patches=unload.patches,
        line=unload.line,
    )


def server_facts(start: ServerStart, text: ShortText) -> Facts:
    known = {
        "comfyui_version": start.comfyui_version,
        "python_version": start.python_version,
        "pytorch_version": start.pytorch_version,
        "device": start.device,
        "vram_state": start.vram_state,
    }
    shown = {name: text(value) for name, value in known.items() if value}
    return facts(line=start.line, total_vram_bytes=start.total_vram_bytes, total_ram_bytes=start.total_ram_bytes, **shown)
