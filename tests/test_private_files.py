"""What holds words of a log is its owner's alone, whatever the umask; what is made to be shared is not."""

import os
import stat
import sys
from pathlib import Path

import pytest

from analyzer.errors import UsageError
from analyzer.recording.rolling import RollingFile
from exporters.commands.notify_options import Telling, notifiers_of
from tests.command import MAIN, command
from tests.samples import SAMPLES

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
LOG = SAMPLES / "stamped-with-vram.log"
# The usual one: others may read what is made.
AS_USUAL = f"import os; os.umask(0o022); {MAIN}"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def run(*arguments: object) -> None:
    ended = command(*arguments, code=AS_USUAL)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(("options", "expected"), [((), 0o644), (("--no-redact",), 0o600)], ids=["redacted", "as it is"])
def test_documents_with_words_of_the_log(tmp_path: Path, options: tuple[str, ...], expected: int) -> None:
    names = ("x.html", "x.json", "x.md", "x.csv", "x.txt", "x.trace.json", "x.om", "tables/")
    targets = [argument for name in names for argument in ("-o", f"{tmp_path}/{name}")]
    run("report", LOG, *targets, "--unparsed", tmp_path / "lines.txt", *options)
    run("timeout", LOG, "-o", tmp_path / "timeout.json", *options)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > len(names) + 2
    assert {path.name: mode(path) for path in files} == {path.name: expected for path in files}


def test_a_recording_and_what_follows_it(tmp_path: Path) -> None:
    run("record", "-o", tmp_path / "run.log", "--quiet", "--", sys.executable, "-c", "print('a prompt')")
    run("record", "-o", tmp_path / "run.log", "--quiet", "--append", "--", sys.executable, "-c", "print('a prompt')")
    assert mode(tmp_path / "run.log") == 0o600


def test_parts_of_a_recording_have_the_mode_that_somebody_gave_it(tmp_path: Path) -> None:
    file = RollingFile.create(tmp_path / "run.log")
    file.limit_bytes, file.keep = 10, 3
    file.append(b"12345678\n")
    file.append(b"12345678\n")
    assert mode(tmp_path / "run.log") == mode(tmp_path / "run.log.1") == 0o600
    (tmp_path / "run.log").chmod(0o640)
    file.append(b"12345678\n")
    file.close()
    assert [mode(tmp_path / name) for name in ("run.log", "run.log.1", "run.log.2")] == [0o640, 0o640, 0o600]


def test_the_history_and_the_files_beside_it(tmp_path: Path) -> None:
    """While it is open SQLite keeps two more."""
    before = os.umask(0o022)
    try:
        from analyzer.history import open_store

        store = open_store(str(tmp_path / "history?.db"))
        with store._engine.connect() as connection:  # as long as somebody reads
            connection.exec_driver_sql("select 1")
            command("ingest", LOG, "--store", tmp_path / "history?.db", code=AS_USUAL)
            modes = {path.name: mode(path) for path in tmp_path.iterdir()}
        store.close()
    finally:
        os.umask(before)
    assert modes == {"history?.db": 0o600, "history?.db-wal": 0o600, "history?.db-shm": 0o600}


def test_the_command_shows_no_address_that_a_variable_holds() -> None:
    (told,) = notifiers_of(Telling(webhook=["env:HOOK"]), {"HOOK": "https://example.org/hush"})
    assert told.name == "webhook example.org"
    with pytest.raises(UsageError, match="--webhook: the environment has no HOOK"):
        notifiers_of(Telling(webhook=["env:HOOK"]), {})
    with pytest.raises(UsageError, match="--notify: the environment has no HOOK"):
        notifiers_of(Telling(notify=["env:HOOK"]), {})
