"""No room: for documents, for what is said, for the history of a watched server. A small disk where one may be mounted."""

import asyncio
import logging
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from analyzer.history import open_store
from exporters.keeper import Keeper
from tests.command import MAIN
from tests.replayed import until
from tests.serving import ran, watching

SAMPLE = Path(__file__).parent.parent / "sample_logs" / "incident.log"
FULL = Path("/dev/full")
SESSION = "S1-simple"

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 500 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=500k", "tmpfs", place], capture_output=True).returncode:
        pytest.skip("mounting a small disk is not permitted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def fill_disk(filler: Path, but_bytes: int = 0) -> None:
    """Writes until nothing more fits, then gives some of it back."""
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    os.truncate(filler, filler.stat().st_size - but_bytes)


# --- what is said -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        ("report", SAMPLE),
        ("check", SAMPLE, "--limit", "300s"),
        ("watch", SAMPLE, "--once", "--no-gpu"),
        ("--help",),
    ],
    ids=lambda command: " ".join(map(str, command[:1] + command[2:])),
)
def test_output_that_goes_to_a_full_disk_is_one_line(command: tuple[object, ...]) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", MAIN, *map(str, command)], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )

    assert (done.returncode, done.stderr) == (1, "comfymeter: the output cannot be written: No space left on device\n")


def test_a_full_place_for_messages_costs_no_report(tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    with FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", MAIN, "report", str(SAMPLE), "-o", str(out)], stdout=subprocess.PIPE, stderr=full, check=False
        )

    assert done.returncode == 0
    assert out.read_text().endswith("}\n")


# --- documents --------------------------------------------------------------------------------------------------------


def check_old_documents_stay(folder: Path, limit: str) -> None:
    """What does not fit is one line, leaves nothing behind, and the document of yesterday stays as it was."""
    for name in ("report.html", "report.json"):
        target = folder / name
        target.write_text("yesterday's")
        done = subprocess.run(
            [sys.executable, "-c", limit + MAIN, "report", str(SAMPLE), "-o", str(target)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1, name
        assert done.stderr.startswith(f"comfymeter: {target}: cannot be written: "), done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert {entry.name: entry.read_text() for entry in folder.iterdir() if entry.name != "filler"} == {name: "yesterday's"}
        target.unlink()


def test_a_document_that_may_not_grow_leaves_the_old_one(tmp_path: Path) -> None:
    check_old_documents_stay(
        tmp_path,
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500));",
    )


def test_a_document_for_a_full_disk_leaves_the_old_one(small_disk: Path) -> None:
    fill_disk(small_disk / "filler", but_bytes=8192)
    check_old_documents_stay(small_disk, "")


# --- the history of a watched server -----------------------------------------------------------------------------------


def check_runs_wait(place: Path, fill: Callable[[], None], free: Callable[[], None], caplog: pytest.LogCaptureFixture) -> None:
    """The watch goes on while nothing can be written; afterwards each run is there once."""

    async def watched() -> None:
        keeper = Keeper(lambda: open_store(str(place)), retry_seconds=0.05)
        keeper.start()
        async with watching(SESSION, keeper=keeper, gpu=False) as watch:
            await keeper.past()
            fill()
            try:
                await watch.play(ran(SESSION))
                await until(lambda: keeper.failures > 1)
            finally:
                free()
            await until(lambda: keeper.waiting == 0)
            assert len(watch.runs) == ran(SESSION)
        assert await keeper.close() == 0

    with caplog.at_level(logging.WARNING, "comfymeter"):
        asyncio.run(watched())
    store = open_store(str(place), create=False)
    assert store.count() == len({run.prompt_id for run in store.runs()}) == ran(SESSION)
    store.close()
    assert "runs wait" in caplog.text
    assert "Traceback" not in caplog.text


def test_runs_wait_while_the_history_may_not_grow(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    place, before = tmp_path / "history.db", resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))

    def free() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    try:
        check_runs_wait(place, fill, free, caplog)
    finally:
        free()
        signal.signal(signal.SIGXFSZ, handler)


def test_runs_wait_while_the_disk_is_full(small_disk: Path, caplog: pytest.LogCaptureFixture) -> None:
    filler = small_disk / "filler"

    check_runs_wait(small_disk / "history.db", lambda: fill_disk(filler), filler.unlink, caplog)
