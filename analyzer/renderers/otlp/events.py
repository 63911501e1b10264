"""What happens inside a run as events of its span, each with its time and line."""

from collections.abc import Iterator

from opentelemetry.sdk.trace import Event
from opentelemetry.sdk.util import BoundedList

from analyzer.renderers.otlp.attributes import Attributes, known, of_bar, of_load
from analyzer.renderers.placing import is_date, start_at
from analyzer.renderers.short_text import ShortText
from analyzer.runs.model import Run, Verdict

# OpenTelemetry's own default; of more the last ones are kept, and how many are not is said.
_MOST_EVENTS = 128

Moment = tuple[float | None, str, Attributes]


def events_of(run: Run, text: ShortText) -> "BoundedList[Event]":
    """The events of a run in the order of time; those without a time are left out."""
    timed = [(at, name, attributes) for at, name, attributes in _moments(run, text) if at is not None and is_date(at)]
    timed.sort(key=lambda moment: moment[0])
    return BoundedList.from_seq(_MOST_EVENTS, [Event(name, attributes, nanoseconds(at)) for at, name, attributes in timed])


def nanoseconds(at: float) -> int:
    """Unix nanoseconds; stamps are no finer than microseconds."""
    return round(at * 1_000_000) * 1000


def _moments(run: Run, text: ShortText) -> Iterator[Moment]:
    yield run.queued_at, "comfyui.queued", known(comfyui__log__line=run.queued_line)
    for bar in run.passes:
        yield bar.last_at, "comfyui.pass", of_bar(bar, text)
    for bar in run.bars:
        yield bar.last_at, "comfyui.bar", of_bar(bar, text)
    for load in run.loads:
        if load.seconds is None:
            yield load.at, "comfyui.load", of_load(load, text)
    yield from _memory(run, text)
    for found in run.detections:
        attributes = known(comfyui__detection=text(found.label), comfyui__detection__seconds=found.seconds)
        yield found.at, "comfyui.detection", {**attributes, "comfyui.log.line": found.line}
    yield from _endings(run, text)


def _memory(run: Run, text: ShortText) -> Iterator[Moment]:
    for unload in run.unloads:
        attributes = known(
            comfyui__unload__mode=unload.mode.value,
            comfyui__unload__models=unload.models,
            comfyui__unload__freed_bytes=unload.freed_bytes,
            comfyui__unload__remaining_bytes=unload.remaining_bytes,
            comfyui__log__line=unload.line,
        )
        yield unload.at, "comfyui.unload", attributes
    for note in run.soft_ooms:
        yield note.at, "comfyui.out_of_memory.survived", known(comfyui__what=text(note.text), comfyui__log__line=note.line)


def _endings(run: Run, text: ShortText) -> Iterator[Moment]:
    if run.failure:
        kind, message = text(run.failure.kind), text(run.failure.message)
        yield (
            run.failure.at,
            "exception",
            known(exception__type=kind, exception__message=message, comfyui__log__line=run.failure.line),
        )
    if run.client_timeout:
        client = run.client_timeout
        attributes = known(comfyui__client__limit_seconds=client.limit_seconds, comfyui__log__line=client.line)
        yield client.at, "comfyui.client.gave_up", attributes
    if run.limit_seconds is not None and run.verdict is Verdict.OVER:
        at = start_at(run) - (run.queue_seconds or 0.0) + run.limit_seconds
        yield at, "comfyui.limit.passed", known(comfyui__run__limit_seconds=run.limit_seconds)
