"""A watched server whose answers and messages are the input's lines, played through all that `serve` and `watch` make of them.

A line is `NAME[:STATUS] JSON`, with NAME a question's or one of those below; what is none of these passes a second.
"""

import io
import json
import logging
from collections.abc import Sequence
from datetime import UTC
from functools import cache

from prometheus_client import generate_latest

from analyzer.history import Store, open_store
from analyzer.history.rows import row_of
from exporters.comfyui.core import Core
from exporters.comfyui.health import Failure
from exporters.comfyui.pace import Pace
from exporters.comfyui.questions import Answer, Ask, Question
from exporters.comfyui.wire import loads
from exporters.engine import Engine, EngineSettings
from exporters.happenings import Happening
from exporters.live_runs import RunFinished, Update
from exporters.observations import Observation, SystemStats
from exporters.scrape import Scrape
from exporters.status import status_of
from exporters.watching.gpu_rows import gpus_now
from exporters.watching.lines import Lines
from exporters.watching.screen import console_for
from exporters.watching.view import view
from fuzz.base import demand
from fuzz.shown import check_text

MESSAGE, OPEN, CLOSE, FAIL, REPEAT = "message", "open", "close", "fail", "question"
NAMES = (*Ask, MESSAGE, OPEN, CLOSE, FAIL, REPEAT)
BEGAN_AT = 1785578400.0
_MOST_LINES = 60


def play(data: bytes, *, messages_only: bool = False) -> None:
    """Plays a script; raises where something fails or a document is none. `messages_only`: every line is a message."""
    player = _Player()
    for line in data.split(b"\n")[:_MOST_LINES]:
        if messages_only:
            player.message(line)
        else:
            player.line(line)
    player.end()


class _Player:
    def __init__(self) -> None:
        self.now = BEGAN_AT
        self.core = Core(Pace())
        self.engine = Engine(EngineSettings(name="fuzz", limit_seconds=60.0), clock=lambda: self.now)
        self.written = io.StringIO()
        self.lines = Lines(self.engine.watched, self.writes, UTC)
        self.subject = "p"
        self.open()

    def writes(self, text: str) -> None:
        self.written.write(text)

    def open(self) -> None:
        self.tell(self.core.answered(self.answer(Question(ask=Ask.COUNT, path="/prompt"), 200, {})))
        self.core.socket_opened("me", self.now)
        # Until we have subscribed and seen what the log's buffer holds, its stream waits.
        for ask in (Ask.SUBSCRIBE, Ask.LOG_RING):
            self.now += 1.0
            self.tell(self.core.answered(self.answer(Question(ask=ask, path="/"), 200, {})))

    def line(self, line: bytes) -> None:
        """One step of the script."""
        self.now += 1.0
        name, _, rest = line.partition(b" ")
        kind, _, status = name.decode("latin-1").partition(":")
        if kind in set(Ask):
            self.answered(Ask(kind), int(status) if status.isdecimal() and len(status) < 4 else 200, rest)
        elif kind == MESSAGE:
            self.message(rest)
        elif kind == OPEN:
            self.open()
        elif kind == CLOSE:
            self.core.socket_closed()
        elif kind == FAIL:
            failures = list(Failure)
            self.tell(self.core.failed(Question(ask=Ask.STATS, path="/"), failures[len(rest) % len(failures)], self.now))
        elif kind == REPEAT and (question := self.core.question(self.now)):
            self.answered(question.ask, 200, rest, question)
        self.tell_of_time()

    def message(self, text: bytes) -> None:
        self.now += 0.1
        self.tell(self.core.message(text.decode("utf-8", "replace"), self.now))

    def answered(self, ask: Ask, status: int, body: bytes, question: Question | None = None) -> None:
        """An answer as the client hands it on: JSON, or it is nothing that ComfyUI says."""
        question = question or Question(ask=ask, path="/", subject=self.subject)
        try:
            value = loads(body) if status == 200 and body else None
        except (ValueError, RecursionError):
            self.tell(self.core.failed(question, Failure.NO_SENSE, self.now))
            return
        self.tell(self.core.answered(self.answer(question, status, value)))

    def answer(self, question: Question, status: int, body: object) -> Answer:
        return Answer(question=question, status=status, body=body, at=self.now, asked_at=self.now - 0.01)

    def tell(self, seen: Sequence[Observation]) -> None:
        for observation in seen:
            if isinstance(observation, SystemStats):
                self.engine.gpu.feed_stats(observation)
            for update in self.engine.runs.feed(observation):
                self.take(update)

    def tell_of_time(self) -> None:
        for update in self.engine.runs.tick(self.now):
            self.take(update)
        self.happened(self.engine.watched.look(self.now))

    def happened(self, happenings: Sequence[Happening]) -> None:
        """What `watch` writes into a pipe."""
        for happening in happenings:
            self.lines.happened(happening)
        self.lines.draw(self.now)

    def take(self, update: Update) -> None:
        self.happened(self.engine.watched.feed(update))
        if isinstance(update, RunFinished):
            self.subject = update.run.prompt_id or self.subject
            if update.run.prompt_id is not None or update.run.ended_at is not None:
                row = row_of(update.run, timezone=None, epoch=None, limit_seconds=60.0)
                _store().put_watched("fuzz", row, self.now)

    def end(self) -> None:
        """All waits are over; what is shown must be possible to show."""
        self.now += 60.0
        self.tell_of_time()
        self.engine.runs.close()
        with _no_log():
            text = generate_latest(Scrape(self.engine, clock=lambda: self.now)).decode()
        failed = [line for line in text.splitlines() if line.startswith("comfymeter_collect") and line.endswith(" 0.0")]
        demand(not any("success" in line for line in failed), f"a collector fails: {failed}")
        json.dumps(status_of(self.engine, self.now), allow_nan=False).encode("utf-8")
        self.show()
        _store().prune(now=self.now, keep_runs=20)

    def show(self) -> None:
        """What `watch` draws on a terminal."""
        watched, gpu = self.engine.watched, self.engine.gpu
        gpus = gpus_now(gpu.latest(self.now), gpu.run_peaks(), watched.stats, gpu.others)
        console = console_for(self.written, color=False, width=80)
        console.print(view(watched, gpus, self.now, 80))
        check_text(self.written.getvalue())


class _no_log:  # noqa: N801 (reads like a function)
    """What fails is told by a metric too; the log would fill the screen."""

    def __enter__(self) -> None:
        logging.disable(logging.CRITICAL)

    def __exit__(self, *_: object) -> None:
        logging.disable(logging.NOTSET)


@cache
def _store() -> Store:
    return open_store("sqlite://")


def script(steps: Sequence[tuple[str, object]]) -> bytes:
    """A script of names and values."""
    return "\n".join(f"{name} {json.dumps(value, separators=(',', ':'))}" for name, value in steps).encode()
