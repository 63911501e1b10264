"""Small builders for tests: a run or a report with only what the test is about."""

from dataclasses import fields
from typing import Any

from analyzer.analysis import Analysis, Budget, SourceInfo, Unparsed, UnparsedLine
from analyzer.events import LoadMode, Role, UnloadMode
from analyzer.findings.base import Finding, Severity
from analyzer.report import Report
from analyzer.runs.model import (
    ClientGaveUp,
    CustomNode,
    DurationSource,
    Evidence,
    Failure,
    Load,
    Noted,
    Outcome,
    Phase,
    PhasePeak,
    PhaseTime,
    ProgressBar,
    Requests,
    Run,
    ServerStart,
    Start,
    Unload,
    Vram,
    VramSource,
    Workflow,
)
from analyzer.timeouts.advice import WorkflowAdvice
from analyzer.vram.series import GpuSeries, SeriesPoint


def bar(**given: Any) -> ProgressBar:
    values: dict[str, Any] = {
        "line": 3,
        "last_line": 3,
        "label": "",
        "unit": "it",
        "steps": 28,
        "total_steps": 28,
        "seconds": 67.0,
        "seconds_per_step": 2.42,
        "complete": True,
    }
    return ProgressBar(**values | given)


def load(**given: Any) -> Load:
    values: dict[str, Any] = {
        "line": 2,
        "model": "Flux",
        "role": Role.DIFFUSION,
        "mode": LoadMode.FULL,
        "loaded_bytes": 6_923_233_526,
        "usable_bytes": None,
        "offloaded_bytes": 0,
        "added_bytes": 6_923_233_526,
        "added_evidence": Evidence.MEASURED,
        "patches": None,
        "seconds": None,
        "reload": False,
    }
    return Load(**values | given)


def run(number: int = 1, **given: Any) -> Run:
    values: dict[str, Any] = {
        "number": number,
        "source": "comfyui.log",
        "outcome": Outcome.SUCCESS,
        "failure": None,
        "client_timeout": None,
        "partial": False,
        "queued_line": 1,
        "first_line": 2,
        "last_line": 9,
        "queued_at": None,
        "started_at": None,
        "ended_at": None,
        "queue_seconds": None,
        "duration_seconds": 100.0,
        "duration_source": DurationSource.LOG_LINE,
        "observed_seconds": None,
        "workflow": Workflow(name="Flux", signature="flux"),
        "start": Start.WARM,
        "server_number": 1,
    }
    return Run(**values | given)


def phase(kind: Phase, seconds: float, *, share: float = 0.0, evidence: Evidence = Evidence.MEASURED) -> PhaseTime:
    return PhaseTime(phase=kind, seconds=seconds, share=share, evidence=evidence, first_line=1, last_line=9)


def analysis(*runs: Run, **given: Any) -> Analysis:
    values: dict[str, Any] = {
        "sources": (SourceInfo(name="comfyui.log", bytes=1000, lines=100, bars=10),),
        "requests": Requests(received=len(runs)),
        "runs": runs,
        "budget": Budget.of(runs),
    }
    return Analysis(**values | given)


def unload(**given: Any) -> Unload:
    values: dict[str, Any] = {
        "line": 5,
        "mode": UnloadMode.PARTIAL,
        "freed_bytes": None,
        "remaining_bytes": None,
        "patches": None,
    }
    return Unload(**values | given)


def failure(kind: str = "RuntimeError", message: str = "", *, line: int = 8, at: float | None = None) -> Failure:
    return Failure(kind=kind, message=message, line=line, at=at)


def note(text: str, *, line: int = 4, at: float | None = None) -> Noted:
    return Noted(line=line, text=text, at=at)


def gave_up(limit_seconds: float | None = 300.0, *, line: int = 9, at: float | None = None) -> ClientGaveUp:
    return ClientGaveUp(limit_seconds=limit_seconds, line=line, at=at)


def vram(peak_bytes: int, **given: Any) -> Vram:
    return Vram(peak_bytes=peak_bytes, source=VramSource.NVML, **given)


def sampled_vram(peak_bytes: int = 21_000, **given: Any) -> Vram:
    """What samples say, in full."""
    values: dict[str, Any] = {
        "gpu": "0",
        "samples": 12,
        "mean_bytes": 15_000,
        "total_bytes": 24_000,
        "process_peak_bytes": 20_000,
        "other_peak_bytes": 1_000,
        "energy_joules": 1234.5,
        "utilisation_ratio": 0.75,
        "throttled_ratio": 0.25,
        "log_peak_bytes": 19_000,
        "phases": (PhasePeak(phase=Phase.SAMPLE, peak_bytes=18_000), PhasePeak(phase=Phase.VAE, peak_bytes=21_000)),
    }
    return vram(peak_bytes, **values | given)


def gpu_series(*used: int, **given: Any) -> GpuSeries:
    """A curve with a point per second."""
    points = tuple(
        SeriesPoint(
            at=1_779_048_645.25 + second,
            used_min_bytes=value,
            used_max_bytes=value,
            used_mean_bytes=value,
            process_bytes=None,
            utilisation_ratio=0.5,
        )
        for second, value in enumerate(used)
    )
    values: dict[str, Any] = {
        "source": "comfyui.log.vram.csv",
        "gpu": "0",
        "timezone": "UTC",
        "samples": len(used),
        "step_seconds": 1.0,
        "total_bytes": 24_000,
        "points": points,
    }
    return GpuSeries(**values | given)


def node(name: str, seconds: float | None = 0.1, *, failed: bool = False) -> CustomNode:
    return CustomNode(name=name, seconds=seconds, failed=failed)


def server_start(number: int = 1, *nodes: CustomNode, **given: Any) -> ServerStart:
    values: dict[str, Any] = {"source": "comfyui.log", "line": number, "custom_nodes": nodes}
    return ServerStart(number=number, **values | given)


def source(**given: Any) -> SourceInfo:
    values: dict[str, Any] = {"name": "comfyui.log", "lines": 100, "stamps": "aware", "bars": 10}
    values |= given
    return SourceInfo(**{"timezone": "UTC" if values["stamps"] == "aware" else None} | values)


def finding(summary: str = "Something is odd.", **given: Any) -> Finding:
    values: dict[str, Any] = {"rule": "odd", "severity": Severity.WARNING, "summary": summary}
    return Finding(**values | given)


def advice(workflow: str = "all", **given: Any) -> WorkflowAdvice:
    values: dict[str, Any] = {
        "workflow": workflow,
        "n": 3,
        "finished": 2,
        "censored": 1,
        "cold": 1,
        "median_seconds": 100.0,
        "worst_seconds": 120.0,
        "quantile_seconds": None,
        "recommended_seconds": 180.0,
        "recommended_interval_seconds": None,
    }
    return WorkflowAdvice(**values | given)


def report(*runs: Run, **given: Any) -> Report:
    """A report on these runs: what `analysis` takes, and `findings` and `timeout`."""
    extra = {name: given.pop(name) for name in ("findings", "timeout") if name in given}
    made = analysis(*runs, **given)
    return Report(**{field.name: getattr(made, field.name) for field in fields(made)}, **extra)


def split(total: float, **shares: float) -> tuple[PhaseTime, ...]:
    """Phases of a run by their share of its total, `other` being the remainder."""
    return tuple(
        phase(Phase(name), total * share, share=share, evidence=Evidence.REMAINDER if name == "other" else Evidence.MEASURED)
        for name, share in shares.items()
    )


def unparsed(*samples: tuple[str, str], of_lines: int = 100) -> Unparsed:
    """Unrecognised lines as pairs of text and source."""
    lines = tuple(UnparsedLine(source=name, line=number, text=text) for number, (text, name) in enumerate(samples, 1))
    return Unparsed(lines=len(samples), of_lines=of_lines, samples=lines)
