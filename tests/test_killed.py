"""SIGKILL at random moments of `serve`, `watch` and `record`: nothing is counted twice, nothing that was written is lost.

`ingest` has its own: tests/test_history.py, `test_killed_at_any_moment`.
"""

import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from analyzer import analyze
from analyzer.history import open_store
from tests.recording import COMFYMETER, is_alive, output, own_words, python, record, wait_for
from tests.test_serve import free_port

TIMES = [3, pytest.param(50, marks=[pytest.mark.long, pytest.mark.timeout(900)])]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals")


class Writer:
    """A server's log that grows by whole runs of three seconds, ten seconds apart, and by the first lines of one more."""

    def __init__(self, path: Path) -> None:
        self._path, self._began = path, datetime(2026, 7, 1, 12)
        self.runs = 0

    def run(self) -> None:
        with self._path.open("a") as file:
            start = timedelta(seconds=10 * self.runs)
            file.write(self._line(start, "got prompt") + self._line(start, "Requested to load Flux"))
            file.flush()
            time.sleep(0.002)
            file.write(self._line(start + timedelta(seconds=3), "Prompt executed in 3.00 seconds"))
        self.runs += 1

    def _line(self, after: timedelta, text: str) -> str:
        return f"[{self._began + after:%Y-%m-%d %H:%M:%S.000}] {text}\n"

    @property
    def ends(self) -> list[float]:
        """When its runs ended, after the beginning."""
        return [10.0 * number + 3.0 for number in range(self.runs)]


@contextmanager
def started(*arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen([*COMFYMETER, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def stored(place: Path) -> list[float]:
    """When the runs of a history ended, after the first one's beginning; the database is sound."""
    with sqlite3.connect(place) as database:
        assert database.execute("pragma integrity_check").fetchall() == [("ok",)]
    database.close()
    store = open_store(str(place), create=False)
    ends = sorted(run.ended_at for run in store.runs() if run.ended_at is not None)
    store.close()
    first = datetime(2026, 7, 1, 12).timestamp() if not ends else min(ends) - 3.0
    return [round(end - first, 3) for end in ends]


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("command", ["serve", "watch"])
def test_each_run_is_in_the_history_once_however_often_the_watcher_is_killed(tmp_path: Path, command: str, times: int) -> None:
    log, place, draw = tmp_path / "comfyui.log", tmp_path / "history.db", random.Random(times)
    writer = Writer(log)
    listen = ("--listen", f"127.0.0.1:{free_port()}", "--no-gpu", "--log", log) if command == "serve" else (log, "--no-gpu")
    arguments = (command, *listen, "--store", place, "--quiet")
    writer.run()
    for _ in range(times):
        with started(*arguments) as child:
            end = time.monotonic() + draw.uniform(0.1, 2.5)
            while time.monotonic() < end:
                writer.run()
                time.sleep(draw.uniform(0.0, 0.2))
            child.send_signal(signal.SIGKILL)
        if place.exists() and place.stat().st_size:
            ends = stored(place)
            assert ends == sorted(set(ends))
        writer.run()  # while nobody watches
    with started(*arguments) as child:
        wait_for(lambda: _count(place) >= writer.runs, "the last run")
        child.terminate()
        assert child.wait(30) in (0, 128 + signal.SIGTERM)
    assert stored(place) == writer.ends


def _count(place: Path) -> int:
    try:
        with sqlite3.connect(f"file:{place}?mode=ro", uri=True) as database:
            (count,) = database.execute("select count(*) from runs").fetchone()
        database.close()
    except sqlite3.OperationalError:  # it is being made
        return 0
    return int(count)


SERVER = """
for number in range(100_000):
    say(f"got prompt\\nRequested to load Flux\\n", 2); time.sleep(0.001)
    for step in range(3): say(f"\\r {step * 50:3d}%|#####     | {step}/2 [00:00<00:00,  9.00it/s]", 2); time.sleep(0.001)
    say(f"\\nPrompt executed in {number + 1}.00 seconds\\n", 2); time.sleep(0.001)
"""


@pytest.mark.parametrize("times", TIMES)
def test_a_recording_that_is_killed_reads_to_its_end_and_is_gone_on_with(tmp_path: Path, times: int) -> None:
    """Each life has all runs from the first to the one that it was killed in, in their order, and the next one follows."""
    log, draw = tmp_path / "run.log", random.Random(times)
    runs = 0
    for lives in range(times):
        with started(*record(log, *python(SERVER), options=["--append", "--vram-interval", "0"])[len(COMFYMETER) :]) as recorder:
            wait_for(lambda: log.exists() and len(_starts(log)) > lives, "the recorder's first words")  # noqa: B023
            program = _starts(log)[-1]
            time.sleep(draw.uniform(0.0, 0.8))
            recorder.send_signal(signal.SIGKILL)
        wait_for(lambda: not is_alive(program), "the program's end")  # noqa: B023
        report = analyze(log)
        assert len(report.runs) >= runs
        runs = len(report.runs)
    closed = [int(run.duration_seconds) for run in report.runs if run.duration_seconds is not None]
    begins = [place for place, number in enumerate(closed) if number == 1]
    assert begins
    for begin, end in zip(begins, [*begins[1:], len(closed)], strict=True):
        assert closed[begin:end] == list(range(1, end - begin + 1))
    said = output(log).decode()
    assert said.count("Prompt executed in") == len(closed)


def _starts(log: Path) -> list[int]:
    """The programs that were recorded, by their numbers."""
    return [int(words.split("pid=")[1].split()[0]) for words in own_words(log) if words.startswith("start ")]
