"""A watched server as JSON, for its page and for scripts: `comfymeter.status/1`."""

from collections.abc import Sequence
from typing import Any

from analyzer.predict import Prediction, sentence
from analyzer.runs.model import NodeTime, Run, Vram
from analyzer.vram.sample import GpuSample
from exporters.engine import Engine
from exporters.observations import State
from exporters.watched import InFlight

SCHEMA = "comfymeter.status/1"
_MOST_RUNS = 20
_MOST_NODES = 10
_MOST_PROCESSES = 5


def status_of(engine: Engine, now: float) -> dict[str, Any]:
    """What is known of a server now. Times are Unix seconds, durations seconds; null: not known."""
    watched = engine.watched
    stall = watched.stalls.kind
    lines, unrecognised = engine.lines
    return {
        "schema": SCHEMA,
        "name": engine.name,
        "at": now,
        "server": _server(engine),
        "queue": {"running": len(watched.queue.running), "pending": len(watched.queue.pending)} if watched.queue else None,
        "limit_seconds": watched.limit_seconds,
        "recommended_seconds": _recommended(engine),
        "run": _in_flight(engine, watched.in_flight, now) if watched.in_flight else None,
        "stall": stall.value if stall else None,
        "gpus": [_gpu(sample, engine) for sample in engine.gpu.latest(now)],
        "log": {"lines": lines, "unrecognised": unrecognised, "last_line_at": engine.last_line_at},
        "history": {"waiting": engine.keeper.waiting, "failures": engine.keeper.failures} if engine.keeper else None,
        "runs": [_run(run) for run in watched.last(_MOST_RUNS)],
    }


def _server(engine: Engine) -> dict[str, Any]:
    state, stats = engine.watched.state, engine.watched.stats
    return {
        "state": (state.state if state else State.DOWN).value if engine.settings.target else None,
        "reason": state.reason if state else None,
        "version": stats.comfyui_version if stats else None,
    }


def _recommended(engine: Engine) -> float | None:
    answer = engine.advisor.answer
    return answer.advice.overall.recommended_seconds if answer else None


def _in_flight(engine: Engine, current: InFlight, now: float) -> dict[str, Any]:
    run, live, prediction = current.run, current.live, current.prediction
    limit_seconds = engine.watched.limit_seconds
    likely = prediction.workflow if prediction else None
    return {
        "prompt_id": run.prompt_id,
        "workflow": engine.names.get(run.workflow.signature, run.workflow.name)
        if run.workflow
        else engine.names.get(likely or ""),
        "started_at": live.started_at,
        "elapsed_seconds": live.elapsed_seconds(now),
        "used_seconds": live.used_seconds(now),
        "deadline_at": now - live.used_seconds(now) + limit_seconds if limit_seconds is not None else None,
        "phase": live.phase.value,
        "phase_since": live.phase_since,
        "active_at": current.active_at,
        "at_risk": current.alert.active(),
        "prediction": _prediction(prediction) if prediction else None,
    }


def _prediction(made: Prediction) -> dict[str, Any]:
    return {
        "at": made.at,
        "ends_at": made.ends_at,
        "ends_low_at": made.at + made.low_seconds,
        "ends_high_at": made.at + made.high_seconds,
        "p_exceed": made.p_exceed,
        "basis": made.basis.value,
        "past_runs": made.past_runs,
        "pass": made.pass_number,
        "steps": made.steps,
        "total_steps": made.total_steps,
        "seconds_per_step": made.seconds_per_step,
        "sentence": sentence(made),
    }


def _gpu(sample: GpuSample, engine: Engine) -> dict[str, Any]:
    peak = engine.gpu.run_peaks().get(sample.label)
    return {
        "gpu": sample.label,
        "name": sample.name,
        "used_bytes": sample.used_bytes,
        "total_bytes": sample.total_bytes,
        "process_bytes": sample.process_bytes,
        "run_peak_bytes": peak.used_bytes if peak else None,
        "utilisation_ratio": sample.utilisation_ratio,
        "temperature_celsius": sample.temperature_celsius,
        "power_watts": sample.power_watts,
        "others": [
            {"pid": one.pid, "name": one.name, "used_bytes": one.used_bytes}
            for one in engine.gpu.others(sample.label)[:_MOST_PROCESSES]
        ],
        "throttle": list(sample.throttle) if sample.throttle is not None else None,
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "number": run.number,
        "prompt_id": run.prompt_id,
        "workflow": run.workflow.name,
        "outcome": run.outcome.value,
        "failure": run.failure.kind if run.failure else None,
        "start": run.start.value,
        "ended_at": run.ended_at,
        "seconds": run.total_seconds,
        "queue_seconds": run.queue_seconds,
        "limit_used_ratio": run.limit_used_ratio,
        "phases": {time.phase.value: round(time.seconds, 3) for time in run.phases if time.seconds > 0},
        "vram": _vram(run.vram) if run.vram else None,
        "nodes": _nodes(run.nodes) if run.nodes is not None else None,
        "cached_nodes": run.cached_nodes,
        "node_count": run.node_count,
    }


def _nodes(nodes: Sequence[NodeTime]) -> list[dict[str, Any]]:
    """Those that took longest."""
    longest = sorted(nodes, key=lambda node: -node.seconds)[:_MOST_NODES]
    return [{"class_type": node.class_type, "seconds": round(node.seconds, 3)} for node in longest]


def _vram(vram: Vram) -> dict[str, Any]:
    return {
        "gpu": vram.gpu,
        "peak_bytes": vram.peak_bytes,
        "total_bytes": vram.total_bytes,
        "energy_joules": vram.energy_joules,
        "phases": {peak.phase.value: peak.peak_bytes for peak in vram.phases},
    }
