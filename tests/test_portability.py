"""What other systems lack or do otherwise: modules of POSIX, consoles of few characters, line ends, encodings, drives."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.command import command
from tests.samples import SAMPLES

INCIDENT = SAMPLES / "incident.log"
# Commands one after the other in one process; what they end with goes to stderr.
ALL_OF_THEM = """
import json, sys
from analyzer.cli import main
codes = []
for arguments in json.loads(sys.argv[1]):
    sys.argv[1:] = arguments
    try:
        main()
    except SystemExit as ended:
        codes.append(ended.code)
print(codes, file=sys.stderr)
"""
# What Windows has not. psutil takes its part for the system that it is on.
AS_ON_WINDOWS = """
import os, psutil, signal, sys
MISSING = ("fcntl", "termios", "tty", "pty", "pwd", "grp", "resource", "syslog", "readline", "curses")
ABSENT = {
    os: ("fork", "forkpty", "getuid", "geteuid", "getgid", "setsid", "killpg", "getpgid", "openpty", "mkfifo", "uname", "sysconf",
         "getloadavg", "fchmod", "chown", "WNOHANG", "wait"),
    signal: ("SIGHUP", "SIGQUIT", "SIGCHLD", "SIGKILL", "SIGUSR1", "SIGUSR2", "SIGTSTP", "SIGCONT", "SIGSTOP", "SIGTTIN",
             "SIGTTOU", "SIGWINCH", "SIGPIPE", "pthread_sigmask", "setitimer"),
}
for name in MISSING:
    sys.modules[name] = None
import importlib, pkgutil
POSIX_ONLY = {"analyzer.recording.terminal"}  # asked for where there are terminals
failed = []
for package in ("analyzer", "exporters", "dashboards"):
    for found in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
        if found.name not in POSIX_ONLY and not found.name.endswith("__main__"):
            try:
                importlib.import_module(found.name)
            except Exception as error:
                failed.append(f"{found.name}: {type(error).__name__}: {error}")
for module, names in ABSENT.items():
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
print(failed)
"""


def all_of_them(
    folder: Path, *commands: Sequence[str], before: str = "", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    code, here = before + ALL_OF_THEM, str(Path(__file__).parents[1])
    paths = os.pathsep.join([here, os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, json.dumps(commands)],
        capture_output=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths, **environment},
        check=False,
    )


def test_every_module_and_command_does_without_what_is_posix(tmp_path: Path) -> None:
    log = str(INCIDENT)
    ended = all_of_them(
        tmp_path,
        ["report", log, "--timeout", "300s"],
        ["report", log, "-o", "x.html", "-o", "tables\\"],
        ["timeout", log],
        ["doctor", log],
        ["watch", "--once", log],
        ["init", "dashboards", "out"],
        ["ingest", log, "--store", "history.db"],
        before=AS_ON_WINDOWS,
    )
    lines = ended.stderr.decode().splitlines()
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[0] == b"[]"
    assert lines[-1] == str([0] * 7), ended.stderr


# --- consoles -------------------------------------------------------------------------------------------------------

NAME = "ほげ “Żółć” \u202e.log"


@pytest.mark.parametrize("console", ["cp1252", "cp437", "cp932", "ascii", "utf-8", "koi8-r"])
def test_a_console_of_few_characters_ends_nothing(tmp_path: Path, console: str) -> None:
    (tmp_path / NAME).write_bytes(INCIDENT.read_bytes())
    ended = all_of_them(
        tmp_path,
        ["report", NAME, "--timeout", "300s"],
        ["report", NAME, "--format", "markdown"],
        ["report", NAME, "-o", "ほげ.json"],
        ["show", NAME, "1"],
        ["doctor", NAME],
        ["timeout", NAME, "--limit", "300s"],
        ["check", NAME, "--limit", "1000s"],
        ["watch", "--once", NAME],
        ["init", "config", "ほげ"],
        ["report", "--help"],
        ["report", "ほげ.log"],
        PYTHONIOENCODING=console,
        PYTHONUTF8="0",
    )
    assert ended.returncode == 0, ended.stderr
    assert b"Traceback" not in ended.stderr
    assert ended.stderr.splitlines()[-1].decode(console) == str([0] * 10 + [1])
    assert "303.88 s" in ended.stdout.decode(console, "replace")  # what is echoed to ASCII comes as UTF-8


# --- what a log looks like elsewhere --------------------------------------------------------------------------------


def told(path: Path) -> object:
    """What a report says of a log, without what is about the file itself."""
    ended = command("report", "--format", "json", "--no-redact", path)
    assert ended.returncode == 0, ended.stderr
    report = json.loads(ended.stdout)
    for run in report["runs"]:
        del run["source"]
    return [report[name] for name in ("requests", "runs", "budget", "timeout", "unparsed")]


@pytest.mark.parametrize(
    ("codec", "mark"), [("utf-8", ""), ("utf-8", "\ufeff"), ("utf-16-le", "\ufeff"), ("utf-16-be", "\ufeff")]
)
def test_a_log_of_windows_says_the_same(tmp_path: Path, codec: str, mark: str) -> None:
    """`python main.py > run.log 2>&1` in PowerShell writes UTF-16 with a mark, in version 7 UTF-8; CRLF both."""
    text = INCIDENT.read_text(encoding="utf-8")
    (tmp_path / "there.log").write_bytes((mark + text.replace("\n", "\r\n")).encode(codec))
    assert told(tmp_path / "there.log") == told(INCIDENT)


def test_a_settings_file_of_notepad_is_read(tmp_path: Path) -> None:
    (tmp_path / "comfymeter.toml").write_bytes("\ufefftimeout = '300s'\r\ntop = 3\r\n".encode())
    ended = command("report", INCIDENT, "--config", tmp_path / "comfymeter.toml")
    assert ended.returncode == 0, ended.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there it is a path")
def test_a_drive_is_a_path_and_no_protocol() -> None:
    for name in (r"C:\logs\x.log", "C:/logs/x.log", "C://logs/x.log", r"\\server\share\x.log"):
        ended = command("report", name)
        assert (ended.returncode, ended.stderr) == (1, f"comfymeter: {name}: no such file; is the path right?\n")


def test_a_drive_is_a_place_for_a_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from analyzer.history.database import url_of

    assert (url_of(r"C:\runs\a?b%41.db").drivername, url_of(r"C:\runs\a?b%41.db").database) == ("sqlite", r"C:\runs\a?b%41.db")
    monkeypatch.chdir(tmp_path)
    if sys.platform != "win32":
        ended = command("ingest", INCIDENT, "--store", r"C:\history.db")
        assert (ended.returncode, (tmp_path / r"C:\history.db").is_file()) == (0, True)
