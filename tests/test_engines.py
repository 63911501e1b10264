"""Several logs read by several processes: the same report as by one, whatever their order and size; and what goes wrong."""

import os
import signal
from pathlib import Path

import pytest

from analyzer.engines import LocalEngine, local
from analyzer.errors import ComfymeterError, SourceError
from analyzer.logs import ReadOptions, read_logs
from analyzer.renderers.base import Options
from analyzer.renderers.json_report import render
from analyzer.report import Question, Report, build_report
from analyzer.runs.table import MANY_RUNS, RunTable
from analyzer.sources import LogFile, LogGroup, local_file
from analyzer.sources.resolve import resolve
from tests.command import command
from tests.samples import SAMPLES

RUN = b"got prompt\nRequested to load Flux\nloaded completely 1000.0 500.0 True\nPrompt executed in 1.50 seconds\n"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "LEAST_BYTES", 1)


@pytest.fixture
def logs(tmp_path: Path) -> list[str]:
    many = tmp_path / "many.log"
    many.write_bytes(RUN * (MANY_RUNS + 10))
    return [str(SAMPLES / "incident.log"), str(many), str(SAMPLES / "capture-soak.log")]


def report(logs: list[str], jobs: int) -> Report:
    return build_report(read_logs(logs, ReadOptions(engine=LocalEngine(jobs=jobs))), Question(limit_seconds=300.0))


def test_several_processes_give_the_same_report(logs: list[str]) -> None:
    one, several = report(logs, 1), report(logs, 3)
    assert render(several, Options()) == render(one, Options())
    assert len(one.runs) > MANY_RUNS
    assert isinstance(read_logs(logs[1:], ReadOptions(engine=LocalEngine(jobs=2)))[0].runs, RunTable)


def test_the_first_log_that_cannot_be_read_is_named(logs: list[str], tmp_path: Path) -> None:
    empty = tmp_path / "empty.log"
    empty.touch()
    for jobs in (1, 2):
        with pytest.raises(SourceError, match=r"empty\.log: is empty"):
            read_logs([*logs, str(empty)], ReadOptions(engine=LocalEngine(jobs=jobs)))


def test_a_process_that_is_killed_is_one_line() -> None:
    groups = [LogGroup(name=name, files=(local_file(name),)) for name in ("a.log", "b.log")]
    with pytest.raises(ComfymeterError, match=r"a\.log: a process that read it was killed"):
        LocalEngine(jobs=2).each(groups, killed)


def killed(group: LogGroup) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_can_be_read_only_here_is_read_here() -> None:
    here = os.getpid()
    groups = [LogGroup(name="-", files=(LogFile(name="-", opener=lambda: pytest.fail("not opened")),)), *resolve([str(SAMPLES)])]
    told: list[str] = []
    read = LocalEngine(jobs=2).each(groups, process_of, lambda name, size: told.append(name))
    assert read[0] == here
    assert here not in read[1:]
    assert told == [group.name for group in groups]


def process_of(group: LogGroup) -> int:
    return os.getpid()


def test_how_many_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = resolve([str(SAMPLES / "incident.log"), str(SAMPLES / "capture-soak.log")])
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    assert LocalEngine().processes(groups) == 2
    assert LocalEngine(jobs=1).processes(groups) == 1
    monkeypatch.setattr(local, "LEAST_BYTES", 1 << 30)
    assert not LocalEngine().sends(groups)


@pytest.mark.long
def test_the_command_gives_the_same_document_with_any_number(tmp_path: Path) -> None:
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_bytes(RUN * (20_000_000 // len(RUN)))
    one, several = (command("report", tmp_path, "--jobs", jobs, "--format", "json") for jobs in ("1", "2"))
    assert one.returncode == several.returncode == 0
    assert one.stdout == several.stdout
