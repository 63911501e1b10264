"""The history: nothing twice, nothing lost, whatever happens to logs, processes and databases."""

import gzip
import os
import random
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from analyzer.errors import ComfymeterError, UsageError
from analyzer.history import Store, open_store
from analyzer.history.identity import fingerprint
from analyzer.history.merging import Added
from analyzer.history.schema import prepare, stored_version
from tests.captures import log_bytes
from tests.command import MAIN
from tests.histories import content, ingested, once
from tests.logs import log, sampler

SOAK = log_bytes("S5-soak")
POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
COMMAND = (sys.executable, "-c", MAIN, "ingest")


def put(store: Store, *logs: Path, now: float = 1000.0) -> Added:
    """Ingests logs; what they brought in all."""
    parts = ingested(store, *logs, now=now)
    return Added(
        new=sum(part.new for part in parts), updated=sum(part.updated for part in parts), known=sum(part.known for part in parts)
    )


def history_of(folder: Path, *logs: bytes) -> list[str]:
    """What a store holds that read logs of this content once."""
    paths = [folder / f"expected-{number}.log" for number in range(len(logs))]
    for path, data in zip(paths, logs, strict=True):
        path.write_bytes(data)
    return once(folder, *paths)


@pytest.fixture
def comfyui(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    return tmp_path / "logs" / "comfyui.log"


def test_the_same_log_twice_adds_nothing(store: Store, comfyui: Path) -> None:
    comfyui.write_bytes(SOAK)

    assert put(store, comfyui) == Added(new=40)
    assert put(store, comfyui) == Added(known=40)
    assert store.count() == 40
    assert sum(store.workflows().values()) == 40


def test_a_log_that_grows_is_continued_and_its_last_run_gets_its_end(store: Store, comfyui: Path) -> None:
    for cut in (*range(2000, len(SOAK), 5003), len(SOAK)):
        comfyui.write_bytes(SOAK[:cut])
        put(store, comfyui)

    assert content(store) == history_of(comfyui.parent, SOAK)


def test_a_rotated_log_is_the_same_log(store: Store, comfyui: Path) -> None:
    comfyui.write_bytes(SOAK)
    put(store, comfyui)

    comfyui.rename(comfyui.with_name("comfyui.prev.log"))
    comfyui.write_bytes(log_bytes("S1-simple"))

    assert put(store, comfyui.with_name("comfyui.prev.log"), comfyui).new == 5
    assert content(store) == history_of(comfyui.parent, SOAK, log_bytes("S1-simple"))


def test_a_packed_copy_is_the_same_log(store: Store, comfyui: Path) -> None:
    comfyui.write_bytes(SOAK)
    put(store, comfyui)
    packed = comfyui.with_name("other.log.gz")
    packed.write_bytes(gzip.compress(SOAK))

    assert put(store, packed) == Added(known=40)


def test_logs_with_the_same_beginning_are_two(store: Store, comfyui: Path) -> None:
    start = SOAK[: SOAK.index(b"Prompt executed")]
    other = comfyui.with_name("other.log")
    comfyui.write_bytes(start + b"Prompt executed in 5.00 seconds\n")
    other.write_bytes(start + b"Prompt executed in 6.00 seconds\n")

    assert put(store, comfyui, other) == Added(new=2)


def test_a_truncated_log_is_a_new_one(store: Store, comfyui: Path) -> None:
    comfyui.write_bytes(SOAK)
    put(store, comfyui)
    comfyui.write_bytes(log("got prompt", sampler(), "Prompt executed in 70.00 seconds"))

    assert put(store, comfyui) == Added(new=1)
    assert store.count() == 41


@given(st.lists(st.tuples(st.sampled_from(["grow", "rotate", "ingest"]), st.integers(1, 9000)), max_size=12))
def test_any_order_of_growing_rotating_and_ingesting(steps: list[tuple[str, int]]) -> None:
    folder = Path("/tmp") / f"comfymeter-history-{os.getpid()}-{time.monotonic_ns()}"
    folder.mkdir()
    try:
        store = open_store(str(folder / "history.db"))
        sources, written, files = [SOAK, log_bytes("S1-simple"), log_bytes("S3-queue"), log_bytes("S4-failures")], 0, 0
        current = folder / "server-0.log"
        current.write_bytes(SOAK[:500])
        for step, amount in [*steps, ("ingest", 0)]:
            source = sources[files % len(sources)]
            if step == "grow":
                written = min(len(source), max(written, 500) + amount)
                current.write_bytes(source[:written])
            elif step == "rotate":
                files, written = files + 1, 0
                current = folder / f"server-{files}.log"
                current.write_bytes(sources[files % len(sources)][:500])
            else:
                put(store, *sorted(folder.glob("server-*.log")))
        # A server that was restarted writes the same start-up again: equal contents are one log.
        contents = {path.read_bytes() for path in folder.glob("server-*.log")}
        whole = [data for data in contents if not any(other != data and other.startswith(data) for other in contents)]
        assert content(store) == history_of(folder, *whole)
        store.close()
    finally:
        shutil.rmtree(folder)


def test_old_runs_are_forgotten_and_stay_so(store: Store, comfyui: Path) -> None:
    comfyui.write_bytes(SOAK[:-2000])
    put(store, comfyui, now=1000.0)
    before = store.count()

    assert store.prune(now=2000.0, keep_runs=5) == before - 5
    comfyui.write_bytes(SOAK)
    put(store, comfyui, now=2000.0)
    assert store.count() == 5 + 40 - before
    assert store.prune(now=2000.0 + 100 * 86400, older_than_seconds=90 * 86400) == store.count() + 5 + 40 - before - store.count()


def test_what_is_stored_holds_no_message_and_no_path(store: Store, comfyui: Path) -> None:
    comfyui.write_bytes(log_bytes("S4-failures"))
    put(store, comfyui)

    text = repr(list(store.runs()))
    assert "ValueError" not in text or "broadcast" not in text
    assert "/app/comfyui" not in text


def test_two_spellings_of_a_workflow(store: Store) -> None:
    store.spell("model:Flux|passes:1", "graph-a")
    store.spell("model:Flux|passes:1", "graph-a")
    store.spell("model:SDXL|passes:1", "graph-a")

    assert store.log_spelling("graph-a") == "model:Flux|passes:1"
    assert store.log_spelling("graph-b") is None


def test_the_file_is_its_owners_alone(store: Store, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "history.db").stat().st_mode) == 0o600


def test_a_newer_history_is_refused(store: Store, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "history.db", isolation_level=None)) as connection:
        connection.execute("UPDATE comfymeter_meta SET value = '99' WHERE key = 'version'")

    with pytest.raises(ComfymeterError, match="version 99, newer than 5; update comfymeter"):
        open_store(str(tmp_path / "history.db"))


def test_an_older_history_is_brought_up_to_date_once() -> None:
    engine = create_engine("sqlite://")
    done: list[str] = []
    steps = (lambda connection: done.append("1 to 2"), lambda connection: done.append("2 to 3"))
    with engine.begin() as connection:
        prepare(connection, (), 1)
        for _ in range(2):
            prepare(connection, steps, 3)
        assert stored_version(connection) == 3
    engine.dispose()

    assert done == ["1 to 2", "2 to 3"]


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("nowhere/at/all.db", ComfymeterError),
        ("nonsense://x", UsageError),
        ("postgresql+psycopg://u:secret@127.0.0.1:1/x", ComfymeterError),
    ],
)
def test_a_place_that_cannot_be_opened_is_one_line_without_passwords(place: str, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        open_store(place)

    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("not a database, but long enough to be looked at as one" * 20)

    with pytest.raises(ComfymeterError, match="cannot be read"):
        open_store(str(tmp_path / "x.db"))


def test_fingerprints_do_not_depend_on_blocks() -> None:
    sizes = [1, 5, 10, 11]

    assert fingerprint([b"0123456789"], sizes) == fingerprint([b"0", b"1234", b"", b"56789"], sizes)
    assert set(fingerprint([b"0123456789"], sizes).beginnings) == {1, 5, 10}


# --- real processes -------------------------------------------------------------------------------------------------


def kill_and_repeat(folder: Path, times: int, seed: int) -> None:
    """Kills `ingest` at random moments, then lets it finish; the store must equal one made in a single run."""
    data = [SOAK * 4, log_bytes("S3-queue"), log_bytes("S2-two-pass")]
    names = []
    for number, each in enumerate(data):
        names.append(str(folder / f"server-{number}.log"))
        Path(names[-1]).write_bytes(each)
    store, draw = folder / "killed.db", random.Random(seed)
    for _ in range(times):
        process = subprocess.Popen([*COMMAND, *names, "--store", str(store), "-q"], stderr=subprocess.DEVNULL)
        time.sleep(draw.uniform(0.05, 1.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if draw.random() < 0.3:
            store.unlink(missing_ok=True)
            for extra in ("-wal", "-shm"):
                Path(f"{store}{extra}").unlink(missing_ok=True)
    assert subprocess.run([*COMMAND, *names, "--store", str(store), "-q"], check=False).returncode == 0
    opened = open_store(str(store))
    assert content(opened) == history_of(folder, *data)
    opened.close()


def test_killed_at_any_moment(tmp_path: Path) -> None:
    kill_and_repeat(tmp_path, times=5, seed=1)


@pytest.mark.long
def test_killed_a_hundred_times(tmp_path: Path) -> None:
    kill_and_repeat(tmp_path, times=100, seed=2)


def test_two_processes_at_once(tmp_path: Path) -> None:
    data = [SOAK, log_bytes("S3-queue"), log_bytes("S2-two-pass")]
    names = []
    for number, each in enumerate(data):
        names.append(str(tmp_path / f"server-{number}.log"))
        Path(names[-1]).write_bytes(each)
    store = tmp_path / "shared.db"

    processes = [
        subprocess.Popen([*COMMAND, *order, "--store", str(store), "-q"], stderr=subprocess.PIPE)
        for order in (names, names[::-1], names)
    ]

    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    opened = open_store(str(store))
    assert content(opened) == history_of(tmp_path, *data)
    opened.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Debian's PostgreSQL, started for the tests under a user of its own if need be."""
    if not POSTGRES:
        pytest.skip("PostgreSQL's server is not installed (Debian: postgresql)")
    # A folder of its own: any other pytest that starts closes the one that pytest's folders are in to other users.
    home = Path(tempfile.mkdtemp(prefix="comfymeter-postgres-"))
    home.chmod(0o777)
    as_user: list[str | Path] = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    data, bin_folder = home / "data", POSTGRES[-1].parent
    options = f"-c listen_addresses='' -k {home} -c fsync=off"
    subprocess.run(
        [*as_user, bin_folder / "initdb", "-D", data, "-A", "trust", "-U", "postgres"], check=True, capture_output=True, cwd=home
    )
    start = [*as_user, bin_folder / "pg_ctl", "-D", data, "-o", options, "-l", home / "log", "-w", "start"]
    subprocess.run(start, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=home)
    yield f"postgresql+psycopg://postgres@/postgres?host={home}"
    subprocess.run(
        [*as_user, bin_folder / "pg_ctl", "-D", data, "-m", "immediate", "stop"], check=False, capture_output=True, cwd=home
    )
    shutil.rmtree(home, ignore_errors=True)


def test_postgresql_holds_the_same(postgres: str, comfyui: Path) -> None:
    store = open_store(postgres)
    for cut in (20_000, len(SOAK)):
        comfyui.write_bytes(SOAK[:cut])
        put(store, comfyui)
    put(store, comfyui)

    assert content(store) == history_of(comfyui.parent, SOAK)
    assert len(list(store.timings(newest=3))) == 3 * len(store.workflows())
    store.close()
