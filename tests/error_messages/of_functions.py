"""Messages that need a killed process, a cluster, a race or a damaged installation: asked of the functions that give them."""

import asyncio
import errno
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from analyzer.cli.timeout import _apply, _Setting
from analyzer.engines import LocalEngine
from analyzer.engines.dask_cluster import _check, _client, _result
from analyzer.errors import ComfymeterError
from analyzer.history import Store, open_store
from analyzer.ingesting import ingest
from analyzer.logs import ReadOptions
from analyzer.sources import LogGroup, local_file
from analyzer.workflows import Naming
from dashboards.kits.writing import write_all
from exporters.keeper import Keeper
from exporters.replay import load_session
from exporters.tail.sources import _read
from tests.error_messages.case import Call
from tests.test_engines import killed

GROUP = LogGroup(name="a.log", files=(local_file("a.log"),))


def _version(answer: object) -> SimpleNamespace:
    """A cluster whose workers answer so."""

    def run(_: object) -> object:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return SimpleNamespace(run=run)


def _nobody() -> object:
    def refuse(*_: object, **__: object) -> None:
        raise TimeoutError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("distributed.Client", refuse)
        return _client("tcp://127.0.0.1:1")


def _dead() -> object:
    from distributed import KilledWorker

    def result() -> None:
        raise KilledWorker("read", None, 3)  # type: ignore[arg-type]

    return _result(SimpleNamespace(result=result), GROUP)  # type: ignore[arg-type]


def _broken(error: OSError) -> object:
    def read() -> bytes:
        raise error

    return _read(SimpleNamespace(read=read), "x.log")  # type: ignore[arg-type]


def _changing() -> object:
    """A log that is another one each time that it is looked at."""
    store = open_store("sqlite://")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analyzer.ingesting._unchanged", lambda known: False)
        patch.setattr("analyzer.ingesting.FirstBytes.sha256", property(lambda self: "another"))
        try:
            return list(ingest(store, ["good.log"], ReadOptions(), naming=Naming(), limit_seconds=None, now=0.0))
        finally:
            store.close()


def _lost() -> object:
    store = open_store("lost.db")
    with store._engine.begin() as connection:
        connection.exec_driver_sql("drop table runs")
    try:
        return list(store.runs())
    finally:
        store.close()


def _unadvised() -> object:
    """No log leads to advice without a figure; the type allows it."""
    overall = SimpleNamespace(recommended_seconds=None, reason="not enough evidence")
    answer = SimpleNamespace(keep_seconds=None, advice=SimpleNamespace(overall=overall))
    return _apply(_Setting(path="x.yaml", key="a", text="", seconds=1.0), answer, yes=True, quiet=True, on_stdout=True)  # type: ignore[arg-type, func-returns-value]


def _session(data: bytes) -> object:
    Path("x.json.gz").write_bytes(data)
    return load_session(Path("x.json.gz"))


def _hanging() -> object:
    """A database behind a network that is away."""
    over = threading.Event()

    def hang() -> Store:
        over.wait()
        raise ComfymeterError("too late")

    async def past() -> object:
        keeper = Keeper(hang, patience_seconds=0.05)
        try:
            return await keeper.past()
        finally:
            over.set()

    return asyncio.run(past())


CALLS = (
    Call(
        name="killed",
        call=lambda: LocalEngine(jobs=2).each([GROUP, LogGroup(name="b.log", files=(local_file("b.log"),))], killed),
        words="a.log: a process that read it was killed, for want of memory perhaps; try --jobs 1",
    ),
    Call(
        name="dask",
        call=_nobody,
        words="tcp://127.0.0.1:1: no Dask scheduler answers there (TimeoutError); is the address right?",
    ),
    Call(name="dask", call=lambda: _check(_version(OSError())), words="the Dask workers lack comfymeter; install version"),  # type: ignore[arg-type]
    Call(name="dask", call=lambda: _check(_version({"tcp://a": "0.0.0"})), words="tcp://a: has comfymeter 0.0.0; install"),  # type: ignore[arg-type]
    Call(name="dask", call=_dead, words="a.log: every worker that read it died, for want of memory perhaps; give them more"),
    Call(name="tail", call=lambda: _broken(PermissionError()), words="x.log: permission denied; run as a user who may read it"),
    Call(name="tail", call=lambda: _broken(OSError(errno.EIO, "bad disk")), words="x.log: cannot be read (bad disk)"),
    Call(name="ingest", call=_changing, words="good.log: the log or the history changes faster than it can be read; try again"),
    Call(name="apply", call=_unadvised, words="--apply: there is no recommendation to write: not enough evidence"),
    Call(name="watch", call=_hanging, words="--store: the history does not answer; can its database be reached?"),
    Call(name="store", call=_lost, words="lost.db: the history cannot be read or written: no such table"),
    Call(
        name="init", call=lambda: write_all(Path("out"), {"../x": ""}, force=False), words="out/../x: leads out of out; nothing"
    ),
    Call(name="replay", call=lambda: load_session("none"), words="none: no such recorded session; there are S1-simple"),
    Call(name="replay", call=lambda: _session(b"no gzip"), words="x.json.gz: not a recorded session (Not a gzipped file"),
    Call(name="replay", call=lambda: _session(__import__("gzip").compress(b"[]")), words="not a recorded session of the form"),
)
