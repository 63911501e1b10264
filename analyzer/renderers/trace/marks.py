"""What happens at one moment of a run: loads, unloads, failures, a client that gives up, a limit that passes."""

from collections.abc import Callable, Iterator

from analyzer.renderers.short_text import ShortText
from analyzer.renderers.trace.shapes import Mark, Track, facts
from analyzer.renderers.trace.words import load_facts, load_name, unload_facts
from analyzer.renderers.words import OUTCOMES, seconds
from analyzer.runs.model import Run, Verdict

# From an event's stamp, None where it has none, and its line to seconds from the run's start.
When = Callable[[float | None, int], float]


def marks(run: Run, when: When, text: ShortText) -> Iterator[Mark]:
    """All marks of a run."""
    yield from _of_loads(run, when, text)
    for note in run.soft_ooms:
        shown = facts(what=text(note.text), line=note.line)
        yield Mark(track=Track.EVENTS, name="out of memory, went on", at=when(note.at, note.line), facts=shown)
    if run.failure:
        at, name = when(run.failure.at, run.failure.line), OUTCOMES[run.outcome]
        shown = facts(kind=text(run.failure.kind), message=text(run.failure.message), line=run.failure.line)
        yield Mark(track=Track.EVENTS, name=name, at=at, facts=shown)
    if run.client_timeout:
        client = run.client_timeout
        shown = facts(limit_seconds=client.limit_seconds, line=client.line)
        yield Mark(track=Track.EVENTS, name="client gave up", at=when(client.at, client.line), facts=shown)
    if run.limit_seconds is not None and run.verdict is Verdict.OVER:
        at = run.limit_seconds - (run.queue_seconds or 0.0)
        name, shown = f"limit of {seconds(run.limit_seconds)} passed", facts(limit_seconds=run.limit_seconds)
        yield Mark(track=Track.EVENTS, name=name, at=at, facts=shown)


def _of_loads(run: Run, when: When, text: ShortText) -> Iterator[Mark]:
    for load in run.loads:
        at, shown = when(load.at, load.line), load_facts(load, text)
        yield Mark(track=Track.LOADS, name=load_name(load, text), at=at, facts=shown)
    for unload in run.unloads:
        at, name = when(unload.at, unload.line), f"unload ({unload.mode.value})"
        yield Mark(track=Track.LOADS, name=name, at=at, facts=unload_facts(unload))
