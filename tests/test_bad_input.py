"""What users get wrong: real processes of the command. Whatever comes in, one line on stderr and never a traceback."""

import gzip
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.command import MAIN
from tests.samples import SAMPLES

SOAK = str(SAMPLES / "capture-soak.log")
INCIDENT = str(SAMPLES / "incident.log")
MB = 1_000_000
MOST_BYTES = 300 * MB

# The kernel counts a child's peak from its parent's on; only the child itself can tell its own.
MEASURED = """
import re, resource
from pathlib import Path
from analyzer.cli import main
try:
    main()
finally:
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text()) if status.exists() else None
    peak = int(found[1]) * 1024 if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    Path("peak").write_text(str(peak))
"""
# Root may read everything, so it becomes somebody else: after a first report, since later imports might be closed to them.
AS_NOBODY = f"""
import os, sys
from contextlib import redirect_stdout
from analyzer.cli import app, main
with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
    app(["report", {INCIDENT!r}], standalone_mode=False)
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
main()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What a process of `comfymeter` left behind."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()


def comfymeter(
    *arguments: str,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    code: str = MAIN,
) -> Ended:
    """Runs the command as its own process."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        input=stdin,
        capture_output=True,
        env=clean_environment(env),
        cwd=cwd,
        check=False,
        timeout=600,
    )
    return Ended(code=done.returncode, out=done.stdout, err=done.stderr.decode())


def clean_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The tester's own environment without what decides on width and colours."""
    mine = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "LINES")}
    return {**mine, "TERM": "xterm-256color", **(more or {})}


def assert_one_line(ended: Ended, code: int) -> None:
    assert ended.code == code, ended
    assert ended.out == b""
    assert re.fullmatch(r"comfymeter: [^\n]+\n", ended.err), ended.err
    assert "Traceback" not in ended.err
    assert "\x1b" not in ended.err


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A folder of files that are no logs, or broken ones."""
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\2\0" + bytes(range(256)) * 20)
    (tmp_path / "empty.log").touch()
    (tmp_path / "nothing").mkdir()
    (tmp_path / "nothing" / "notes.md").write_text("got no logs\n")
    # Bytes of all values in an order without lines: what an encrypted or compressed file looks like.
    (tmp_path / "garbage.log").write_bytes(bytes(n * n * 31 % 251 for n in range(40_000)))
    (tmp_path / "no-runs.log").write_text("hello\nStarting server\n\nTo see the GUI go to: http://127.0.0.1:8188\n")
    (tmp_path / "head.log.gz").write_bytes(gzip.compress(Path(SOAK).read_bytes())[:12])
    (tmp_path / "broken.toml").write_text("timeout = [\n")
    (tmp_path / "good.log").write_bytes(Path(INCIDENT).read_bytes())
    return tmp_path


ERROR, USAGE, NO_RUNS = 1, 2, 4


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["report", "picture.png"], ERROR, "PNG"),
        (["report", "empty.log"], ERROR, "empty"),
        (["report", "nothing"], ERROR, "no logs"),
        (["report", "*.nothing"], ERROR, "no file matches"),
        (["report", "missing.log"], ERROR, "no such file"),
        (["show", "missing.log", "1", "--format", "pdf"], USAGE, "known are terminal text json"),
        (["doctor", "missing.log", "--format", "pdf"], USAGE, "known are terminal text json"),
        (["compare", "missing.log", "missing.log", "--format", "pdf"], USAGE, "known are terminal text json"),
        (["check", "missing.log", "--limit", "soon"], USAGE, "--limit"),
        (["ingest", "missing.log", "--keep", "long"], USAGE, "--keep"),
        (["report", "good.log/inside.log"], ERROR, "good.log/inside.log"),
        (["report", "garbage.log"], ERROR, "not text"),
        (["report", "head.log.gz"], ERROR, "head.log.gz"),
        (["report", "good.log", "missing.log"], ERROR, "missing.log"),
        (["report", "no-runs.log"], NO_RUNS, "no run"),
        (["report", "good.log", "--vram", "missing.csv"], ERROR, "missing.csv: no such file"),
        (["report", "good.log", "--vram", "good.log"], ERROR, "good.log: line 1: no line says how much GPU memory"),
        (["report", "good.log", "--vram", "picture.png"], ERROR, "PNG"),
        (["show", "good.log", "1", "--vram", "empty.log"], ERROR, "empty"),
        (["report", "--workflow", "no such", "good.log"], NO_RUNS, "no such"),
        (["report", "--since", "20:10", "good.log"], USAGE, "no day"),
        (["doctor", "missing.log"], ERROR, "no such file"),
        (["show", "good.log", "2"], USAGE, "no run 2"),
        (["show", "good.log", "many"], USAGE, "RUN"),
        (["show", "good.log"], USAGE, "RUN"),
        (["report"], USAGE, "LOG"),
        (["reprot", "good.log"], USAGE, "reprot"),
        (["report", "--bogus", "good.log"], USAGE, "--bogus"),
        (["report", "--timeout", "soon", "good.log"], USAGE, "soon"),
        (["report", "--timezone", "Mars/Base", "good.log"], USAGE, "Mars/Base"),
        (["report", "--since", "yesterdayish", "good.log"], USAGE, "--since"),
        (["report", "--top", "0", "good.log"], USAGE, "--top"),
        (["report", "--color", "sometimes", "good.log"], USAGE, "sometimes"),
        (["report", "--format", "docx", "good.log"], USAGE, "docx"),
        (["report", "-o", "report.docx", "good.log"], USAGE, "suffix"),
        (["report", "-o", "good.log/report.json", "good.log"], ERROR, "cannot be written"),
        (["report", "--unparsed", "nowhere/lines.txt", "good.log"], ERROR, "cannot be written"),
        (["report", "--config", "missing.toml", "good.log"], ERROR, "missing.toml"),
        (["report", "--config", "broken.toml", "good.log"], ERROR, "broken.toml"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else None,
)
def test_one_line_says_what_is_wrong(bad: Path, arguments: Sequence[str], code: int, words: str) -> None:
    ended = comfymeter(*arguments, cwd=bad)

    assert_one_line(ended, code)
    assert words in ended.err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_a_file_that_may_not_be_read() -> None:
    # The test's own folder is closed to others already, which would be another error.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        log = Path(folder) / "secret.log"
        log.write_bytes(Path(INCIDENT).read_bytes())
        log.chmod(0)
        ended = comfymeter("report", str(log), cwd=Path("/"), code=AS_NOBODY if os.geteuid() == 0 else MAIN)

    assert_one_line(ended, ERROR)
    assert "permission denied" in ended.err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_a_file_in_a_directory_that_may_not_be_read() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for name in ("good.log", "secret.log"):
            (Path(folder) / name).write_bytes(Path(INCIDENT).read_bytes())
        (Path(folder) / "secret.log").chmod(0)
        code = AS_NOBODY if os.geteuid() == 0 else MAIN
        for form in ("text", "markdown", "json"):
            ended = comfymeter("report", folder, "--format", form, cwd=Path("/"), code=code)
            assert ended.code == 0
            assert "left out: permission denied" in " ".join(ended.text.split())
            assert ended.err == f"comfymeter: {folder}/secret.log: left out: permission denied; run as a user who may read it\n"


# --- damaged but readable ---------------------------------------------------------------------------------------------


def test_a_truncated_archive_gives_what_is_in_it(tmp_path: Path) -> None:
    data = gzip.compress(Path(SOAK).read_bytes(), mtime=0)
    (tmp_path / "soak.log.gz").write_bytes(data[: len(data) * 2 // 3])
    ended = comfymeter("report", "soak.log.gz", cwd=tmp_path)

    assert (ended.code, ended.err) == (0, "")
    assert "note on how the log was read" in " ".join(ended.text.split())


def test_garbage_between_the_lines(tmp_path: Path) -> None:
    junk = bytes({*range(256)} - {10}) + b"\n"
    # One in sixty lines: with more of it, it would be taken for no text at all.
    lines = [*Path(INCIDENT).read_bytes().splitlines(keepends=True), b"\n"] * 5
    (tmp_path / "mixed.log").write_bytes(b"".join([junk, *lines] * 5))
    ended = comfymeter("report", "mixed.log", cwd=tmp_path)

    assert (ended.code, ended.err) == (0, "")
    assert "303.88 s" in ended.text


@pytest.mark.parametrize("size", [20 * MB, pytest.param(200 * MB, marks=pytest.mark.long)], ids=["20 MB", "200 MB"])
@pytest.mark.parametrize("shape", ["text", "frames", "spaces", "docker"])
@pytest.mark.skipif(sys.platform == "win32", reason="no resource usage")
def test_a_line_without_end_needs_bounded_memory(tmp_path: Path, size: int, shape: str) -> None:
    start = {"docker": b'{"time":"2026-08-01T10:00:00Z","log":"'}.get(shape, b"")
    unit = {"frames": b"\r 50%|#####     | 10/20 [00:10<00:10,  1.00s/it]", "spaces": b" "}.get(
        shape, b"a line without an end, as a broken program writes it; "
    )
    with (tmp_path / "long.log").open("wb") as file:
        file.write(b"got prompt\n" + start)
        for _ in range(size // MB):
            file.write(unit * (MB // len(unit)))
    ended = comfymeter("report", "long.log", cwd=tmp_path, code=MEASURED)

    assert ended.code in (0, NO_RUNS)
    assert "Traceback" not in ended.err
    assert int((tmp_path / "peak").read_text()) < MOST_BYTES


# --- pipes ------------------------------------------------------------------------------------------------------------


def test_a_log_on_stdin() -> None:
    ended = comfymeter("report", "-", stdin=Path(INCIDENT).read_bytes())

    assert (ended.code, ended.err) == (0, "")
    assert "303.88 s" in ended.text


def test_nothing_on_stdin() -> None:
    assert_one_line(comfymeter("report", "-"), ERROR)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGPIPE")
def test_a_reader_that_has_seen_enough() -> None:
    arguments = ["report", "--format", "json", SOAK]  # more than a pipe holds
    with subprocess.Popen(
        [sys.executable, "-c", MAIN, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment()
    ) as child:
        assert child.stdout
        assert child.stderr
        child.stdout.read(10)
        child.stdout.close()
        err = child.stderr.read()

    assert (child.returncode, err) == (0, b"")


# --- hostile text -----------------------------------------------------------------------------------------------------

RIGHT_TO_LEFT, POP, ISOLATE = "\u202e", "\u202c", "\u2066"
# All of it makes a terminal or a reader believe something else: colours, a title, a link, markup, turned text, a bell.
HOSTILE = f"\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b]8;;http://evil.example\x07link\x1b]8;;\x07 {RIGHT_TO_LEFT}gnp{POP}{ISOLATE} \x9b31m\x07"
MARKUP = "[bold red]loud[/bold red] [link=http://evil.example]x[/link] <script>alert(1)</script>"
HOSTILE_LOG = "\n".join(
    (
        "Import times for custom nodes:",
        f"   9.0 seconds (IMPORT FAILED): /nodes/{HOSTILE}{MARKUP}",
        "",
        "To see the GUI go to: http://127.0.0.1:8188",
        "got prompt",
        f"Requested to load {RIGHT_TO_LEFT}xulF",
        "Requested to load Flux",
        "loaded completely; 14670.80 MB usable, 6602.51 MB loaded, full load: True",
        f"{HOSTILE}{MARKUP} what is this",
        "100%|##########| 28/28 [00:56<00:00,  2.02s/it]",
        f"{MARKUP}{RIGHT_TO_LEFT}: 100%|##########| 7/7 [00:02<00:00,  3.50it/s]",
        f"0: 640x640 2 {HOSTILE}faces, 10.8ms",
        f"!!! Exception during processing !!! {HOSTILE}{MARKUP}",
        "Traceback (most recent call last):",
        f'  File "/nodes/{HOSTILE}.py", line 1, in x',
        f"RuntimeError: {HOSTILE}{MARKUP}",
        "",
        "Prompt executed in 60.00 seconds",
        "",
    )
)
# Control characters but LF, C1 controls, and what changes the direction of text.
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("command", [["report"], ["report", "--format", "text"], ["doctor"], ["show"]], ids=" ".join)
def test_hostile_text_is_harmless(tmp_path: Path, command: Sequence[str]) -> None:
    (tmp_path / "evil.log").write_text(HOSTILE_LOG, encoding="utf-8")
    last = ["1"] if command == ["show"] else []
    ended = comfymeter(*command, "evil.log", *last, cwd=tmp_path)

    assert (ended.code, ended.err) == (0, "")
    assert not UNSAFE.findall(ended.text)
    if command == ["report"]:
        assert "[bold red]loud[/bold red]" in ended.text  # shown as it is, not obeyed


HOSTILE_NAME = f"{RIGHT_TO_LEFT}gol.\x1b[31mred\x07.log"


@pytest.mark.skipif(sys.platform == "win32", reason="no such file names")
def test_hostile_names_of_files_are_harmless(tmp_path: Path) -> None:
    (tmp_path / HOSTILE_NAME).write_bytes(Path(INCIDENT).read_bytes())
    ended = comfymeter("report", ".", cwd=tmp_path)

    assert (ended.code, ended.err) == (0, "")
    assert not UNSAFE.findall(ended.text)


def test_hostile_names_in_messages_are_harmless(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    ended = comfymeter("report", f"logs/{HOSTILE_NAME}", cwd=tmp_path)

    assert_one_line(ended, ERROR)
    assert not UNSAFE.findall(ended.err.removesuffix("\n"))


# --- colours and widths -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "env", "colored"),
    [("never", {}, False), ("always", {}, True), ("always", {"NO_COLOR": "1"}, True), ("auto", {}, False)],
)
def test_colors_into_a_pipe(choice: str, env: dict[str, str], colored: bool) -> None:
    ended = comfymeter("report", "--color", choice, INCIDENT, env=env)

    assert (ended.code, ended.err) == (0, "")
    assert ("\x1b[" in ended.text) is colored


def on_terminal(env: Mapping[str, str]) -> str:
    """What a report writes where stdout is a terminal."""
    import pty

    outer, inner = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", MAIN, "report", INCIDENT], stdin=subprocess.DEVNULL, stdout=inner, env=clean_environment(env)
    )
    os.close(inner)
    written = b"".join(_until_closed(outer))
    os.close(outer)
    assert child.wait() == 0
    return written.decode()


def _until_closed(handle: int) -> Iterator[bytes]:
    with suppress(OSError):  # Linux says so when the other end of a terminal is closed
        while data := os.read(handle, 65536):
            yield data


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals")
@pytest.mark.parametrize(
    ("env", "colored"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)], ids=["plain", "NO_COLOR", "dumb"]
)
def test_colors_on_a_terminal(env: dict[str, str], colored: bool) -> None:
    assert ("\x1b[" in on_terminal(env)) is colored


@pytest.mark.parametrize("columns", [80, 140])
@pytest.mark.parametrize("name", ["capture-soak.log", "capture-failures.log", "service-timeouts.log", "partial-loads-8gb.log"])
def test_no_line_is_wider_than_the_terminal(name: str, columns: int) -> None:
    ended = comfymeter("report", "--timeout", "300s", str(SAMPLES / name), env={"COLUMNS": str(columns)})

    assert (ended.code, ended.err) == (0, "")
    wide = [line for line in ended.text.splitlines() if cell_len(line) > columns]
    assert not wide
