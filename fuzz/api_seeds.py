"""Scripts of what recorded servers answered and sent."""

from collections.abc import Iterator
from typing import Any

from exporters.replay.behaviour import NEWER
from exporters.replay.process import Process, entry_of, item_of, job_detail, jobs_of, local_stamp, stats_of
from exporters.replay.session import Happening, Kind, Session, load_session, session_names
from exporters.replay.timeline import Timeline
from fuzz.api import MESSAGE, REPEAT, script

_BEHAVIOUR = NEWER
_MOST_STEPS = 12
Step = tuple[str, Any]


def scripts(most_bytes: int) -> Iterator[bytes]:
    """Parts of every session, cut to inputs that can still be mutated."""
    for name in session_names():
        steps = list(_steps(load_session(name)))
        for start in range(0, len(steps), _MOST_STEPS):
            part = steps[start : start + _MOST_STEPS]
            while part and len(text := script(part)) > most_bytes:
                part.pop(max(range(len(part)), key=lambda place: len(script(part[place : place + 1]))))
            if part:
                yield text


def messages(most_bytes: int) -> Iterator[bytes]:
    """The messages of every session alone, one a line."""
    for name in session_names():
        told = [script([(MESSAGE, value)]).partition(b" ")[2] for kind, value in _steps(load_session(name)) if kind == MESSAGE]
        for start in range(0, len(told), _MOST_STEPS):
            yield b"\n".join(told[start : start + _MOST_STEPS])[:most_bytes]


def _steps(session: Session) -> Iterator[Step]:
    process, timeline = Process(), Timeline(began_at=session.epoch, second=0.0, speed=1.0, epoch=session.epoch)
    yield "stats", stats_of(session, _BEHAVIOUR, (0, 0))
    for one in session.happenings:
        yield from _step(process, timeline, session, one)


def _step(process: Process, timeline: Timeline, session: Session, one: Happening) -> Iterator[Step]:
    match one.kind:
        case Kind.WRITE:
            entry = {"t": local_stamp(session.epoch + one.at, 0.0), "m": one.text}
            process.write(entry)
            yield MESSAGE, {"type": "logs", "data": {"entries": [entry], "size": {"cols": 80, "rows": 24}}}
        case Kind.MESSAGE:
            yield MESSAGE, one.message
        case Kind.FLUSH:
            return
        case Kind.STATS:
            yield "stats", stats_of(session, _BEHAVIOUR, one.free_bytes)
        case _:
            yield from _changed(process, timeline, session, one)


def _changed(process: Process, timeline: Timeline, session: Session, one: Happening) -> Iterator[Step]:
    prompt = session.prompts[one.prompt or 0]
    match one.kind:
        case Kind.PUT:
            process.put(item_of(prompt, prompt.id, prompt.number, timeline, _BEHAVIOUR))
        case Kind.GET:
            process.get(prompt.id)
        case Kind.DONE:
            process.done(prompt.id, entry_of(prompt, prompt.id, timeline))
        case _:
            process.delete(prompt.id)
    exec_info = {"exec_info": {"queue_remaining": process.queue_remaining}}
    yield MESSAGE, {"type": "status", "data": {"status": exec_info}}
    yield "count", exec_info
    yield "queue", {"queue_running": list(process.running.values()), "queue_pending": list(process.pending.values())}
    jobs = list(jobs_of(process, _BEHAVIOUR))
    yield "active_jobs", {"jobs": [job for job in jobs if job["status"] in ("pending", "in_progress")]}
    if one.kind is Kind.DONE:
        yield "ended_jobs", {"jobs": [job for job in jobs if job["status"] not in ("pending", "in_progress")][-2:]}
        entry = {prompt.id: process.history[prompt.id]}
        yield "history", entry
        yield REPEAT, entry
        yield "log_ring", {"entries": list(process.ring)[-6:]}
        yield "job", job_detail(process, _BEHAVIOUR, prompt.id)
