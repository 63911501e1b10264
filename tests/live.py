"""Runs in flight for tests: a recorded session as it arrived, and lines with times."""

from collections.abc import Iterator
from typing import Any

from analyzer.events import Bar, Event, LoadMode, LoadRequested, ModelLoaded
from analyzer.lines import Piece
from analyzer.parse import Parser
from analyzer.predict import Course, LiveRun, watched_course
from tests.captures import chunks


def arrivals(session: str, stream: str | None = None) -> Iterator[tuple[float, list[Event]]]:
    """What a session's log said when: the events of each write, without a stamp of their own."""
    found: list[Event] = []
    parser = Parser(found.append)
    number = 1
    for chunk in chunks(session, stream):
        *lines, rest = chunk.data.split(b"\n")
        for line in lines:
            if line:
                parser.feed(Piece(number, None, line))
            number += 1
        if rest:
            parser.feed(Piece(number, None, rest))
        yield chunk.at, list(found)
        found.clear()


def frame(steps: float, total: float | None, seconds: float = 0.0, **given: Any) -> Bar:
    """A progress frame."""
    values: dict[str, Any] = {"line": 1, "label": "", "unit": "it", "rate_seconds": None}
    return Bar(steps=steps, total=total, seconds=seconds, **values | given)


def requested(model: str) -> LoadRequested:
    return LoadRequested(line=1, model=model)


def loaded(model: str | None = None) -> ModelLoaded:
    return ModelLoaded(line=1, mode=LoadMode.FULL, model=model)


def sampling(live: LiveRun, at: float, steps: int, step: float = 1.0, *, first: float = 1.0, done: int | None = None) -> float:
    """A sampler's bar from `at` on, up to `done` of its steps; when its last frame came."""
    live.feed(frame(0, steps), at)
    began = at
    for number in range(1, (steps if done is None else done) + 1):
        at += step * (first if number == 1 else 1.0)
        live.feed(frame(number, steps, float(int(at - began))), at)
    return at


def plain_run(*, load: float = 2.0, step: float = 1.0, steps: int = 20, after: float = 5.0, cold: bool = False) -> Course:
    """A past run: a load, a pass, and what comes after it."""
    live = LiveRun(started_at=0.0)
    live.feed(requested("Flux" if cold else "FluxClipModel_"), 0.0)
    live.feed(loaded(), load)
    end = sampling(live, load, steps, step)
    return watched_course(live, workflow="model:Flux|passes:1", ended_at=end + after)
