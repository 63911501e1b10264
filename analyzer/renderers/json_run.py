"""One run as JSON, by the contract `comfymeter.report/1`. Fields behind the contract's own are additions."""

from typing import Any

from analyzer.renderers.rounding import number, phase_seconds
from analyzer.runs.model import Load, NodeTime, ProgressBar, Run, Unload, Vram
from analyzer.units import format_instant


def run_object(run: Run, *, zone: str | None) -> dict[str, Any]:
    """`zone`: the zone of the source's instants; None where they are wall clocks, which have no offset."""
    return {
        "number": run.number,
        "source": run.source,
        "outcome": run.outcome.value,
        **_ending(run),
        "partial": run.partial,
        "queued_line": run.queued_line,
        "first_line": run.first_line,
        "last_line": run.last_line,
        **_times(run, zone=zone),
        "workflow": {"name": run.workflow.name, "signature": run.workflow.signature},
        "start": run.start.value,
        **_work(run),
        "vram": _vram(run.vram),
        "nodes": None if run.nodes is None else [_node(node) for node in run.nodes],
        "limit_seconds": number(run.limit_seconds),
        "limit_used_ratio": number(run.limit_used_ratio),
        "verdict": run.verdict.value,
        "phases_scaled": run.phases_scaled,
        "server_number": run.server_number,
        "prompt_id": run.prompt_id,
    }


def _ending(run: Run) -> dict[str, Any]:
    failure, client = run.failure, run.client_timeout
    return {
        "failure": failure and {"kind": failure.kind, "message": failure.message, "line": failure.line},
        "client_timeout": client and {"limit_seconds": number(client.limit_seconds), "line": client.line},
    }


def _times(run: Run, *, zone: str | None) -> dict[str, Any]:
    moments = {"queued_at": run.queued_at, "started_at": run.started_at, "ended_at": run.ended_at}
    return {name: None if at is None else format_instant(at, zone) for name, at in moments.items()} | {
        "queue_seconds": number(run.queue_seconds),
        "duration_seconds": number(run.duration_seconds),
        "duration_source": run.duration_source and run.duration_source.value,
        "observed_seconds": number(run.observed_seconds),
    }


def _work(run: Run) -> dict[str, Any]:
    return {
        "phases": _phases(run),
        "passes": [_pass(bar) for bar in run.passes],
        "bars": [_bar(bar) for bar in run.bars],
        "loads": [_load(load) for load in run.loads],
        "unloads": [_unload(unload) for unload in run.unloads],
        "detections": [{"line": d.line, "label": d.label, "seconds": number(d.seconds)} for d in run.detections],
    }


def _vram(vram: Vram | None) -> dict[str, Any] | None:
    if vram is None:
        return None
    return {
        "peak_bytes": vram.peak_bytes,
        "source": vram.source.value,
        "gpu": vram.gpu,
        "samples": vram.samples,
        "mean_bytes": vram.mean_bytes,
        "total_bytes": vram.total_bytes,
        "process_peak_bytes": vram.process_peak_bytes,
        "other_peak_bytes": vram.other_peak_bytes,
        "energy_joules": number(vram.energy_joules),
        "utilisation_ratio": number(vram.utilisation_ratio),
        "throttled_ratio": number(vram.throttled_ratio),
        "log_peak_bytes": vram.log_peak_bytes,
        "phases": [{"phase": peak.phase.value, "peak_bytes": peak.peak_bytes} for peak in vram.phases],
    }


def _phases(run: Run) -> list[dict[str, Any]]:
    return [
        {
            "phase": time.phase.value,
            "seconds": seconds,
            "share": number(time.share),
            "evidence": time.evidence.value,
            "first_line": time.first_line,
            "last_line": time.last_line,
        }
        for time, seconds in zip(run.phases, phase_seconds(run.phases, run.total_seconds), strict=True)
    ]


def _pass(bar: ProgressBar) -> dict[str, Any]:
    return {
        "line": bar.line,
        "steps": number(bar.steps),
        "total_steps": number(bar.total_steps),
        "seconds": number(bar.seconds),
        "seconds_per_step": number(bar.seconds_per_step),
        "complete": bar.complete,
    }


def _bar(bar: ProgressBar) -> dict[str, Any]:
    return {
        "line": bar.line,
        "label": bar.label,
        "steps": number(bar.steps),
        "total_steps": number(bar.total_steps),
        "seconds": number(bar.seconds),
        "complete": bar.complete,
        "unit": bar.unit,
    }


def _load(load: Load) -> dict[str, Any]:
    return {
        "line": load.line,
        "model": load.model,
        "role": load.role.value,
        "mode": load.mode.value,
        "loaded_bytes": load.loaded_bytes,
        "usable_bytes": load.usable_bytes,
        "offloaded_bytes": load.offloaded_bytes,
        "added_bytes": load.added_bytes,
        "added_evidence": load.added_evidence and load.added_evidence.value,
        "patches": load.patches,
        "seconds": number(load.seconds),
        "reload": load.reload,
    }


def _node(node: NodeTime) -> dict[str, Any]:
    return {"class_type": node.class_type, "seconds": number(node.seconds)}


def _unload(unload: Unload) -> dict[str, Any]:
    return {
        "line": unload.line,
        "mode": unload.mode.value,
        "freed_bytes": unload.freed_bytes,
        "remaining_bytes": unload.remaining_bytes,
        "patches": unload.patches,
    }
