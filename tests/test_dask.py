"""Logs read by a real Dask cluster of separate processes: the same report; workers that die; logs in an object store."""

import gzip
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import pytest

from analyzer.engines import DaskEngine
from analyzer.errors import ComfymeterError, SourceError
from analyzer.logs import ReadOptions, read_logs
from analyzer.renderers.base import Options
from analyzer.renderers.json_report import render
from analyzer.report import Question, build_report
from analyzer.sources import LogGroup
from analyzer.sources.resolve import resolve
from tests.command import command
from tests.samples import SAMPLES

distributed = pytest.importorskip("distributed")
LOGS = [str(SAMPLES / "incident.log"), str(SAMPLES / "capture-soak.log")]
RUN = "got prompt\nRequested to load Flux\nloaded completely 1000.0 500.0 True\nPrompt executed in {:.2f} seconds\n"
BUCKET = "logs"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """A server that speaks S3, and the environment in which it is the one."""
    pytest.importorskip("moto")
    pytest.importorskip("s3fs")
    url = f"http://127.0.0.1:{free_port()}"
    code = "import sys; from moto.server import main; main(sys.argv[1:])"
    arguments = [sys.executable, "-c", code, "-H", "127.0.0.1", "-p", url.rpartition(":")[2]]
    child = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while True:
            try:
                urlopen(url, timeout=5).close()
                break
            except OSError:
                assert time.monotonic() < end
                time.sleep(0.1)
        yield url
    finally:
        child.kill()
        child.wait()


@pytest.fixture(scope="module")
def scheduler(store: str) -> Iterator[str]:
    """Two workers, each a process of its own, that start again when they die."""
    given = {"AWS_ENDPOINT_URL": store, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"}
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:
            yield cluster.scheduler_address
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def document(logs: list[str], engine: DaskEngine | None = None) -> str:
    return render(build_report(read_logs(logs, ReadOptions(engine=engine)), Question(limit_seconds=300.0)), Options())


def test_a_cluster_gives_the_same_report(scheduler: str) -> None:
    assert document(LOGS, DaskEngine(scheduler=scheduler)) == document(LOGS)


def dies_once(group: LogGroup, marks: str) -> str:
    mark = Path(marks) / Path(group.name).name
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return group.name


def test_logs_of_a_worker_that_dies_are_read_by_another(scheduler: str, tmp_path: Path) -> None:
    groups = resolve(LOGS)
    told: list[str] = []
    read = DaskEngine(scheduler=scheduler).each(
        groups, partial(dies_once, marks=str(tmp_path)), lambda name, size: told.append(name)
    )
    assert read == told == LOGS
    assert len(list(tmp_path.iterdir())) == 2


def dies(group: LogGroup) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_log_that_kills_every_worker_is_one_line(scheduler: str) -> None:
    with pytest.raises(ComfymeterError, match=r"incident\.log: every worker that read it died"):
        DaskEngine(scheduler=scheduler).each(resolve(LOGS[:1]), dies)


def test_what_cannot_be_read_is_named(scheduler: str, tmp_path: Path) -> None:
    (tmp_path / "empty.log").touch()
    with pytest.raises(SourceError, match=r"empty\.log: is empty"):
        read_logs([*LOGS, str(tmp_path / "empty.log")], ReadOptions(engine=DaskEngine(scheduler=scheduler)))


def test_logs_in_an_object_store(scheduler: str) -> None:
    fsspec = pytest.importorskip("fsspec")
    store = fsspec.filesystem("s3", skip_instance_cache=True)
    store.mkdir(BUCKET)
    for number in range(6):
        body = "".join(RUN.format(10.0 * number + run) for run in range(1, 4)).encode()
        name = f"{BUCKET}/gpu-{number}/comfyui.log"
        with store.open(*((f"{name}.gz", "wb") if number % 2 else (name, "wb"))) as file:
            file.write(gzip.compress(body) if number % 2 else body)
    arguments = [f"s3://{BUCKET}/*/comfyui.log*"]
    far, near = document(arguments, DaskEngine(scheduler=scheduler)), document(arguments)
    assert far == near
    assert far.count('"duration_source"') == 18


def test_the_command(tmp_path: Path) -> None:
    near = command("report", *LOGS, "--format", "json")
    far = command("report", *LOGS, "--format", "json", "--engine", "dask", "--quiet")
    assert (far.returncode, far.stderr) == (0, "")
    assert far.stdout == near.stdout


@pytest.mark.parametrize(
    ("options", "words", "code"),
    [
        (("--engine", "spark"), "--engine: 'spark' must be local or dask", 2),
        (("--scheduler", "tcp://127.0.0.1:9"), "--scheduler: only Dask has one", 2),
        (("--engine", "dask", "--scheduler", "tcp://127.0.0.1:9"), "tcp://127.0.0.1:9: no Dask scheduler answers there", 1),
        (("--engine", "dask", "--scheduler", "nonsense://x"), "--scheduler: 'nonsense://x' must be an address", 2),
    ],
)
def test_wrong_addresses_are_one_line(options: tuple[str, ...], words: str, code: int) -> None:
    ended = command("report", *LOGS, *options)
    assert ended.returncode == code
    assert words in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
