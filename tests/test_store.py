"""The history where it is easily wrong: sets that turn while runs are open, limits and ages of runs, encodings, older stores."""

import gzip
import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer import ingesting
from analyzer.errors import ComfymeterError
from analyzer.history import Store, open_store
from tests.captures import log_bytes
from tests.command import MAIN, command
from tests.histories import content, ingested, once
from tests.logs import log, sampler

SOAK = log_bytes("S5-soak")
DAY = 86400.0
START = log(
    "Total VRAM 24082 MB, total RAM 64186 MB",
    "pytorch version: 2.10.0+cu128",
    "Device: cuda:0 NVIDIA GeForce RTX 4090 : cudaMallocAsync",
    "ComfyUI version: 0.12.0",
    "Starting server",
    "To see the GUI go to: http://127.0.0.1:8188",
)
LOADED = ("Requested to load Flux", "loaded completely; 1000.00 MB usable, 500.00 MB loaded, full load: True")


def one_run(seconds: float, *, loads: bool = True, end: bool = True) -> bytes:
    closing = (f"Prompt executed in {seconds:.2f} seconds",) if end else ()
    return log("got prompt", *(LOADED if loads else ()), sampler(), *closing)


def put(store: Store, *logs: Path, limit: float | None = None, now: float = 1000.0) -> list[tuple[int, int, int]]:
    """Ingests logs; new, updated and known runs of each file."""
    return [(added.new, added.updated, added.known) for added in ingested(store, *logs, limit=limit, now=now)]


@pytest.fixture
def live(tmp_path: Path) -> Path:
    return tmp_path / "comfyui.log"


@pytest.fixture
def previous(tmp_path: Path) -> Path:
    return tmp_path / "comfyui.prev.log"


def test_the_newest_of_each_workflow_are_those_of_all(store: Store, live: Path) -> None:
    """Workflows by the number of runs that count, then by name; of each the newest, oldest first, as among all runs."""
    order = ["Flux", "WAN21", "Lumina2", "SD3", "WAN21", "Flux", "WAN21", "Lumina2", "WAN21", "Lumina2", "SD3", "Flux", "Lumina2"]
    runs = [one_run(60 + place).replace(b"Flux", name.encode()) for place, name in enumerate(order)]
    live.write_bytes(START + b"".join(runs))
    put(store, live)

    for newest in (None, 1, 2, 3, 100):
        everything = list(store.timings(newest=newest))
        found: dict[str, list[float | None]] = {}
        for timing in everything:
            found.setdefault(timing.workflow, []).append(timing.seconds)
        names = list(found)
        expected = {name: [float(60 + place) for place, one in enumerate(order) if one in name] for name in names}
        assert found == {name: seconds[-newest if newest else 0 :] for name, seconds in expected.items()}
        assert names == sorted(names, key=lambda name: (-len(found[name]), name))
        assert len(names) == len(store.workflows()) == 4


# --- sets that turn -------------------------------------------------------------------------------------------------


def test_a_run_that_goes_on_in_the_next_file_is_one_run(store: Store, live: Path, previous: Path, tmp_path: Path) -> None:
    whole, cut = START + one_run(70.1) + one_run(71.1) + one_run(72.1), len(START + one_run(70.1)) + 40
    live.write_bytes(whole[:cut])
    put(store, live)
    live.rename(previous)
    live.write_bytes(whole[cut:])
    put(store, previous, live)

    assert content(store) == once(tmp_path, previous, live)
    assert store.count() == 3


def test_files_known_one_by_one_are_read_again_as_a_set(store: Store, live: Path, previous: Path, tmp_path: Path) -> None:
    whole, cut = START + one_run(70.1) + one_run(71.1), len(START + one_run(70.1)) + 40
    previous.write_bytes(whole[:cut])
    live.write_bytes(whole[cut:])
    put(store, previous)
    put(store, live)
    put(store, previous, live)

    assert content(store) == once(tmp_path, previous, live)
    assert put(store, previous, live) == [(0, 0, 1), (0, 0, 1)]


def test_what_the_oldest_file_said_still_holds_when_it_is_gone(store: Store, tmp_path: Path) -> None:
    oldest, newest = tmp_path / "comfyui.log.1", tmp_path / "comfyui.log"
    oldest.write_bytes(START + one_run(70.1))
    newest.write_bytes(one_run(71.1, loads=False) + one_run(72.1, loads=False))
    put(store, oldest, newest)
    known = {(run.workflow, run.epoch) for run in store.runs()}

    newest.replace(oldest)
    newest.write_bytes(one_run(73.1, loads=False))
    assert put(store, oldest, newest) == [(0, 0, 2), (1, 0, 0)]
    assert {(run.workflow, run.epoch) for run in store.runs()} == known
    assert store.count() == 4


def test_an_open_run_is_closed_by_the_next_file_though_the_oldest_is_gone(store: Store, tmp_path: Path) -> None:
    oldest, newest = tmp_path / "comfyui.log.1", tmp_path / "comfyui.log"
    oldest.write_bytes(START + one_run(70.1))
    newest.write_bytes(one_run(71.1, loads=False) + one_run(72.1, loads=False, end=False))
    put(store, oldest, newest)
    newest.replace(oldest)
    newest.write_bytes(log("Prompt executed in 72.10 seconds") + one_run(73.1, loads=False))
    put(store, oldest, newest)

    assert sorted(run.seconds or 0.0 for run in store.runs()) == [70.1, 71.1, 72.1, 73.1]
    assert all(run.finished for run in store.runs())


@given(st.lists(st.tuples(st.sampled_from(["grow", "turn", "ingest"]), st.integers(1, 1500)), max_size=14))
def test_any_order_of_growing_turning_and_ingesting_a_set(steps: list[tuple[str, int]]) -> None:
    whole = b"".join([START, *(one_run(60.1 + number, loads=not number % 4) for number in range(12))])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store, first, written, parts = open_store(str(folder / "history.db")), 0, 300, 1
        live = folder / "comfyui.log"
        for step, amount in [*steps, ("ingest", 0)]:
            live.write_bytes(whole[first:written])
            if step == "grow":
                written = min(len(whole), written + amount)
            elif step == "turn" and written > first:
                for number in range(parts - 1, 0, -1):
                    (folder / f"comfyui.log.{number}").rename(folder / f"comfyui.log.{number + 1}")
                live.rename(folder / "comfyui.log.1")
                first, parts = written, parts + 1
                live.touch()
            elif step == "ingest":
                put(store, *folder.glob("comfyui.log*"))
        assert content(store) == once(folder, *folder.glob("comfyui.log*"))
        store.close()


def test_a_log_that_turns_while_it_is_read_is_looked_at_again(
    store: Store, live: Path, previous: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.write_bytes(one_run(70.1) + one_run(71.1))
    real = ingesting._read

    def read(*arguments: Any) -> Any:
        if not previous.exists():
            live.rename(previous)
            live.write_bytes(one_run(5.5))
        return real(*arguments)

    monkeypatch.setattr(ingesting, "_read", read)
    put(store, live)
    assert [run.seconds for run in store.runs()] == [5.5]
    put(store, previous)
    assert sorted(run.seconds or 0.0 for run in store.runs()) == [5.5, 70.1, 71.1]


@pytest.mark.parametrize("size", [len(SOAK), 30_000])
def test_a_packed_copy_beside_its_log_adds_nothing(store: Store, live: Path, size: int) -> None:
    packed = live.with_name("comfyui.log.gz")
    packed.write_bytes(gzip.compress(SOAK[:size]))
    live.write_bytes(SOAK)

    assert put(store, packed, live) == [(40, 0, 0)]


def test_a_copy_under_another_name_adds_nothing(store: Store, live: Path) -> None:
    live.write_bytes(START + one_run(70.1) + one_run(71.1))
    live.with_name("comfyui.log.1").write_bytes(START + one_run(70.1) + one_run(71.1, end=False))

    assert put(store, live, live.with_name("comfyui.log.1")) == [(2, 0, 0)]


def test_a_packed_log_beside_the_next_one_is_a_part_of_its_own(store: Store, live: Path) -> None:
    live.with_name("comfyui.log.gz").write_bytes(gzip.compress(START + one_run(70.1)))
    live.write_bytes(START + one_run(71.1))

    assert put(store, live, live.with_name("comfyui.log.gz")) == [(1, 0, 0), (1, 0, 0)]


def test_a_damaged_copy_is_continued_by_the_whole_one(store: Store, live: Path) -> None:
    packed = live.with_name("comfyui.log.1.gz")
    data = gzip.compress(SOAK)
    packed.write_bytes(data[: len(data) // 2])
    put(store, packed)
    assert 0 < store.count() < 40
    packed.write_bytes(data)
    put(store, packed)

    assert store.count() == 40


CHINESE = "加载模型完成\n" + "got prompt\nPrompt executed in 70.00 seconds\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "cp932", "cp1252"])
def test_a_cut_character_does_not_make_another_log(store: Store, live: Path, encoding: str) -> None:
    text = CHINESE.replace("加载模型完成", "façade") if encoding == "cp1252" else CHINESE.replace("载", "義")
    data = (text * 20).encode(encoding)
    for cut in (*range(41, 400, 13), len(data)):
        live.write_bytes(data[:cut])
        put(store, live)

    assert store.count() == 20


# --- limits and ages ------------------------------------------------------------------------------------------------


def test_a_run_keeps_the_limit_under_which_it_ended(store: Store, live: Path) -> None:
    live.write_bytes(one_run(70.1) + one_run(71.1, end=False))
    put(store, live, limit=300.0)
    live.write_bytes(one_run(70.1) + one_run(71.1) + one_run(72.1))

    assert put(store, live, limit=600.0) == [(1, 1, 1)]
    assert sorted((run.seconds, run.limit_seconds) for run in store.runs()) == [(70.1, 300.0), (71.1, 600.0), (72.1, 600.0)]


def test_growing_does_not_make_old_runs_young(store: Store, live: Path) -> None:
    live.write_bytes(one_run(70.1))
    put(store, live, now=0.0)
    live.write_bytes(one_run(70.1) + one_run(71.1))
    put(store, live, now=100 * DAY)

    assert store.prune(now=100 * DAY, older_than_seconds=90 * DAY) == 1
    assert [run.seconds for run in store.runs()] == [71.1]


def test_a_cut_off_run_is_as_old_as_its_stamps(store: Store, live: Path) -> None:
    lines = ("got prompt", *LOADED)
    live.write_bytes(log(*(f"2026-05-17T20:01:{second:02d}.000000 - {line}" for second, line in enumerate(lines))))
    put(store, live, now=1.9e9)

    assert len(list(store.runs(since=1.0))) == 1
    assert store.prune(now=1.9e9, older_than_seconds=90 * DAY) == 1


# --- other stores ---------------------------------------------------------------------------------------------------

VERSION_1 = """
CREATE TABLE comfymeter_meta ("key" VARCHAR(40) NOT NULL, value VARCHAR(200) NOT NULL, PRIMARY KEY ("key"));
CREATE TABLE logs (id INTEGER NOT NULL, name VARCHAR(400) NOT NULL, size BIGINT NOT NULL, sha256 VARCHAR(64) NOT NULL,
  ingested_at FLOAT NOT NULL, runs INTEGER NOT NULL, PRIMARY KEY (id), UNIQUE (size, sha256));
CREATE TABLE workflow_spellings (log_signature VARCHAR(1000) NOT NULL, graph_signature VARCHAR(1000) NOT NULL,
  runs INTEGER NOT NULL, PRIMARY KEY (log_signature, graph_signature));
CREATE TABLE runs (log_id INTEGER NOT NULL, ordinal INTEGER NOT NULL, workflow VARCHAR(200) NOT NULL,
  log_signature VARCHAR(1000) NOT NULL, graph_signature VARCHAR(1000), outcome VARCHAR(20) NOT NULL, failure_kind VARCHAR(200),
  partial BOOLEAN NOT NULL, start VARCHAR(10) NOT NULL, clock VARCHAR(10), started_at FLOAT, ended_at FLOAT, timezone VARCHAR(60),
  queue_seconds FLOAT, seconds FLOAT, finished BOOLEAN NOT NULL, limit_seconds FLOAT, client_limit_seconds FLOAT,
  client_gave_up BOOLEAN NOT NULL, phases JSON NOT NULL, passes JSON NOT NULL, loads INTEGER NOT NULL, reloads INTEGER NOT NULL,
  added_bytes BIGINT, vram_peak_bytes BIGINT, vram_source VARCHAR(10), epoch VARCHAR(400), PRIMARY KEY (log_id, ordinal),
  FOREIGN KEY(log_id) REFERENCES logs (id) ON DELETE CASCADE);
CREATE INDEX runs_by_time ON runs (ended_at);
CREATE INDEX runs_for_timeout ON runs (workflow, outcome, seconds, start, started_at, epoch, queue_seconds, limit_seconds,
  client_limit_seconds, client_gave_up);
INSERT INTO comfymeter_meta VALUES ('version', '1');
INSERT INTO logs VALUES (1, 'comfyui.log', 9, 'aa', 5000.0, 3);
"""
ROW = "INSERT INTO runs VALUES (1, {}, 'Flux', 'model:Flux', NULL, '{}', NULL, 0, 'warm', NULL, {}, {}, NULL, NULL, {}, {}, NULL, NULL, 0, '{{}}', '[]', 0, 0, NULL, NULL, NULL, NULL);"


def test_a_store_of_version_1_is_brought_up_to_date(tmp_path: Path, live: Path) -> None:
    place = tmp_path / "old.db"
    with closing(sqlite3.connect(place, isolation_level=None)) as connection:
        connection.executescript(
            VERSION_1
            + ROW.format(0, "success", 100.0, 170.0, 70.0, 1)
            + ROW.format(1, "cut_off", 200.0, "NULL", 30.0, 0)
            + ROW.format(2, "success", "NULL", "NULL", 71.0, 1)
        )
    store = open_store(str(place))
    live.write_bytes(one_run(72.0))
    put(store, live, now=6000.0)

    with closing(sqlite3.connect(place, isolation_level=None)) as connection:
        assert connection.execute("SELECT at FROM runs ORDER BY at").fetchall() == [(170.0,), (230.0,), (5000.0,), (6000.0,)]
        indexes = {
            row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        }
    assert indexes == {"runs_by_age", "runs_by_prompt", "runs_for_timings"}
    assert [timing.seconds for timing in store.timings(workflow="Flux", newest=2)] == [71.0, 72.0]
    assert {(run.nodes, run.vram_phases, run.cached_nodes) for run in store.runs()} == {(None, None, None)}
    store.close()
    open_store(str(place), create=False).close()


def test_tables_of_another_program_are_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE runs (distance INTEGER)")

    with pytest.raises(ComfymeterError, match="tables of another program"):
        open_store(str(tmp_path / "other.db"))


def test_asking_makes_no_store(tmp_path: Path) -> None:
    with pytest.raises(ComfymeterError, match="no such history"):
        open_store(str(tmp_path / "typo.db"), create=False)
    assert not (tmp_path / "typo.db").exists()


def test_a_reader_does_not_wait_for_a_writer(store: Store, live: Path, tmp_path: Path) -> None:
    live.write_bytes(SOAK)
    put(store, live)
    writer = sqlite3.connect(tmp_path / "history.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    try:
        reader = open_store(str(tmp_path / "history.db"), create=False)
        assert reader.count() == 40
        reader.close()
    finally:
        writer.close()


# --- the command ----------------------------------------------------------------------------------------------------


def test_one_log_that_cannot_be_read_does_not_keep_out_the_others(tmp_path: Path) -> None:
    first, empty, last = tmp_path / "a.log", tmp_path / "b.log", tmp_path / "c.log"
    first.write_bytes(one_run(70.1))
    empty.touch()
    last.write_bytes(one_run(71.1))
    done = command("ingest", first, empty, last, "--store", tmp_path / "history.db")

    assert done.returncode == 1
    assert "b.log: is empty" in done.stderr
    assert "c.log: 1 new run," in done.stderr


def test_what_cannot_be_read_in_a_directory_is_left_out_and_named(tmp_path: Path) -> None:
    logs, history = tmp_path / "logs", tmp_path / "history.db"
    logs.mkdir()
    (logs / "broken.log.1.gz").write_bytes(gzip.compress(SOAK)[:20])
    nothing = command("ingest", logs, "--store", history, "--quiet")
    (logs / "broken.log").write_bytes(one_run(70.1))
    done = command("ingest", logs, "--store", history)

    assert (nothing.returncode, done.returncode) == (1, 0)
    assert "none of the logs there can be read" in nothing.stderr
    assert "broken.log.1.gz: left out: nothing can be read" in done.stderr
    assert "broken.log: 1 new run," in done.stderr


def test_no_run_at_all_is_exit_code_4(live: Path, tmp_path: Path) -> None:
    live.write_bytes(START)

    assert command("ingest", live, "--store", tmp_path / "history.db").returncode == 4


@pytest.mark.skipif(os.name == "nt", reason="POSIX resource limits")
def test_a_full_disk_is_one_line(live: Path, tmp_path: Path) -> None:
    live.write_bytes(SOAK * 20)
    limit = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000));"
    )
    done = command("ingest", live, "--store", tmp_path / "history.db", code=limit + MAIN)

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "cannot be read or written" in done.stderr
