"""The end of a run: what was collected while it was read becomes a `Run`."""

from itertools import filterfalse

from analyzer.events import PromptFinished, Role
from analyzer.runs.clock import StampedRun, place_in_time
from analyzer.runs.loads import LoadLedger
from analyzer.runs.model import DurationSource, Failure, Load, Outcome, ProgressBar, Run, Start, Vram, VramSource
from analyzer.runs.open_run import OpenRun
from analyzer.runs.progress import is_sampler
from analyzer.runs.signature import workflow_of
from analyzer.values import many_dataclass


@many_dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a run ended and what came before it. `end`: its closing line, which is the last of its events; None: it has none.

    `previous_end_at`: when the run before it ended. `follows_another`: an earlier run of the same server is in the log.
    """

    end: PromptFinished | None
    outcome: Outcome
    failure: Failure | None
    number: int
    source: str
    previous_end_at: float | None
    follows_another: bool


def close(run: OpenRun, ending: Ending, ledger: LoadLedger) -> tuple[Run, float | None]:
    """The run, and when it ended as far as that is known. Its loads are taken from the ledger."""
    end, request = ending.end, run.request
    loads, unloads = ledger.take()
    every_bar = run.progress.finish()
    passes = tuple(filter(is_sampler, every_bar))
    bars = tuple(filterfalse(is_sampler, every_bar)) if len(passes) < len(every_bar) else ()
    times = place_in_time(
        StampedRun(
            events=run.events,
            queued_at=request.at if request else None,
            idle_when_queued=request.idle if request else False,
            previous_end_at=ending.previous_end_at,
            duration_seconds=end.duration_seconds if end else None,
            wraps=end.whole_seconds if end else False,
            bars=every_bar,
            detections=run.detections,
        )
    )
    models = run.pass_models or ([ledger.last_diffusion] if ledger.last_diffusion else [])
    closed = Run(
        number=ending.number,
        source=ending.source,
        outcome=ending.outcome,
        failure=ending.failure,
        client_timeout=run.client_timeout,
        partial=request is None,
        queued_line=request.line if request else None,
        first_line=run.events[0].line,
        last_line=run.events[-1].line,
        queued_at=request.at if request else None,
        started_at=times.started_at,
        ended_at=times.ended_at if end else None,
        queue_seconds=times.queue_seconds,
        duration_seconds=times.duration_seconds,
        duration_source=DurationSource.LOG_LINE if end else None,
        observed_seconds=None if end else times.observed_seconds,
        workflow=workflow_of(passes, bars, run.detections, models),
        start=_start(run, bars, loads, follows_another=ending.follows_another),
        server_number=run.server_number,
        passes=passes,
        bars=bars,
        loads=loads,
        unloads=unloads,
        detections=tuple(run.detections),
        vram=Vram(peak_bytes=run.vram_peak_bytes, source=VramSource.LOG) if run.vram_peak_bytes is not None else None,
        soft_ooms=tuple(run.soft_ooms),
        leaks=tuple(run.leaks),
        quantizations=tuple(run.quantizations),
        prompt_id=run.prompt_id,
        events=tuple(run.events),
    )
    return closed, times.ended_at


def _start(run: OpenRun, bars: tuple[ProgressBar, ...], loads: tuple[Load, ...], *, follows_another: bool) -> Start:
    """Cold if a diffusion model was brought in; warm if not and an earlier run of this server is in the log."""
    pipeline = any(bar.label.startswith("Loading pipeline") for bar in bars)
    if pipeline or run.file_read or any(load.role is Role.DIFFUSION for load in loads):
        return Start.COLD
    return Start.WARM if follows_another else Start.UNKNOWN
