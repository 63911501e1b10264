"""A run while it is being read: what its lines have said so far, and what that makes of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from analyzer.events import (
    Bar,
    ClientTimeout,
    Detection,
    Event,
    ExceptionRaised,
    Interrupted,
    LoadRequested,
    MemoryLeak,
    ModelLoaded,
    NodeException,
    OutOfMemory,
    PartialUnload,
    PromptFinished,
    PromptIdSeen,
    Quantization,
    Role,
    SoftOutOfMemory,
    VramReading,
    WeightsRead,
)
from analyzer.families.oom import is_out_of_memory
from analyzer.runs.model import ClientGaveUp, DetectionTime, Failure, Noted, Outcome
from analyzer.runs.progress import ProgressTracker

# Events kept of one run until it ends; two orders above what the busiest real run has.
_MOST_EVENTS = 50_000
# A prompt of which every node was cached ends at once and prints nothing.
_CACHED_BELOW_SECONDS = 0.5
# These show by themselves that a prompt is being worked on, even where its `got prompt` is not in the log.
STRONG_EVIDENCE: frozenset[type[Event]] = frozenset((LoadRequested, ModelLoaded, WeightsRead, Bar, NodeException, Interrupted))


@dataclass(slots=True)
class Request:
    """A `got prompt`; `idle`: nothing ran or waited when it came."""

    line: int
    at: float | None
    idle: bool
    client_timeout: ClientGaveUp | None = None


@dataclass(slots=True)
class OpenRun:
    """A run being read."""

    request: Request | None
    server_number: int
    events: list[Event] = field(default_factory=list)
    progress: ProgressTracker = field(default_factory=ProgressTracker)
    pass_models: list[str] = field(default_factory=list)
    detections: list[DetectionTime] = field(default_factory=list)
    exception: NodeException | None = None
    exception_kind: str | None = None
    out_of_memory: bool = False
    interrupted: Interrupted | None = None
    client_timeout: ClientGaveUp | None = None
    soft_ooms: list[Noted] = field(default_factory=list)
    leaks: list[Noted] = field(default_factory=list)
    quantizations: list[Noted] = field(default_factory=list)
    vram_peak_bytes: int | None = None
    prompt_id: str | None = None
    file_read: bool = False

    @property
    def proven(self) -> bool:
        """Whether a line shows that the prompt was really being worked on."""
        return any(type(event) in STRONG_EVIDENCE or isinstance(event, Detection) for event in self.events)

    def keep(self, event: Event) -> None:
        """Keeps an event for the budget; of many alike in a row only the first and the last."""
        events = self.events
        if len(events) >= 2 and _alike(events[-1], event) and _alike(events[-2], event):
            events[-1] = event
        elif len(events) >= _MOST_EVENTS:
            # A node that prints without end: what it says between is not needed, but its last line's time is.
            events[-1] = event
        else:
            events.append(event)


def _alike(earlier: Event, later: Event) -> bool:
    if type(earlier) is not type(later):
        return False
    if isinstance(earlier, Bar) and isinstance(later, Bar):
        same = earlier.label == later.label and earlier.total == later.total and earlier.initialising == later.initialising
        return same and earlier.steps <= later.steps
    return not isinstance(later, LoadRequested | ModelLoaded | PartialUnload | Detection)


def outcome_of(run: OpenRun, end: PromptFinished | None) -> tuple[Outcome, Failure | None]:
    if run.exception is not None:
        kind, message = run.exception_kind or "exception", run.exception.message
        memory = run.out_of_memory or is_out_of_memory(kind, message)
        return (Outcome.OOM if memory else Outcome.ERROR), Failure(
            kind=kind, message=message, line=run.exception.line, at=run.exception.at
        )
    if run.interrupted is not None:
        message = "the prompt was interrupted"
        return Outcome.INTERRUPTED, Failure(kind="interrupted", message=message, line=run.interrupted.line, at=run.interrupted.at)
    worked = any(not isinstance(event, PromptFinished | ClientTimeout) for event in run.events)
    if end and not worked and end.duration_seconds < _CACHED_BELOW_SECONDS:
        return Outcome.CACHED, None
    return Outcome.SUCCESS, None


def note_detection(run: OpenRun, event: Detection) -> None:
    run.detections.append(DetectionTime(line=event.line, label=event.label, seconds=event.seconds, at=event.at))


def _note_exception(run: OpenRun, event: ExceptionRaised) -> None:
    if run.exception:
        run.exception_kind = event.kind


def _note_out_of_memory(run: OpenRun, event: OutOfMemory) -> None:
    run.out_of_memory = True


def _note_interrupt(run: OpenRun, event: Interrupted) -> None:
    run.interrupted = event


def _note_soft_oom(run: OpenRun, event: SoftOutOfMemory) -> None:
    run.soft_ooms.append(Noted(line=event.line, text=event.what, at=event.at))


def _note_leak(run: OpenRun, event: MemoryLeak) -> None:
    run.leaks.append(Noted(line=event.line, text=event.model, at=event.at))


def _note_quantization(run: OpenRun, event: Quantization) -> None:
    run.quantizations.append(Noted(line=event.line, text=event.name, at=event.at))


def _note_vram(run: OpenRun, event: VramReading) -> None:
    run.vram_peak_bytes = max(run.vram_peak_bytes or 0, event.peak_bytes)


def _note_prompt_id(run: OpenRun, event: PromptIdSeen) -> None:
    run.prompt_id = event.prompt_id


def _note_file_read(run: OpenRun, event: WeightsRead) -> None:
    run.file_read = run.file_read or event.role is Role.DIFFUSION


# What an event means for the run it falls into; events that are not here are kept and mean nothing more.
NOTES: dict[type[Event], Callable[[OpenRun, Any], None]] = {
    Detection: note_detection,
    ExceptionRaised: _note_exception,
    OutOfMemory: _note_out_of_memory,
    Interrupted: _note_interrupt,
    SoftOutOfMemory: _note_soft_oom,
    MemoryLeak: _note_leak,
    Quantization: _note_quantization,
    VramReading: _note_vram,
    PromptIdSeen: _note_prompt_id,
    WeightsRead: _note_file_read,
}
