"""Secrets of servers, services and databases, followed through real processes: in no page, message, list of processes or file."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.command import MAIN, command
from tests.test_serve import fetched, free_port

HUSH = "hush-4711"
PAGES = (
    "/",
    "/metrics",
    "/probe?target=a",
    "/probe?target=b",
    "/api/v1/status?target=a",
    "/api/v1/timeout",
    "/nothing",
    "/probe?target=c",
)
TARGETS = f"""
targets:
  - {{name: a, url: 'http://me:{HUSH}@127.0.0.1:1/comfy', token_env: TOKEN}}
  - {{name: b, url: 'http://127.0.0.1:1', user: me, password_file: password}}
"""


@contextmanager
def serving(folder: Path, *arguments: str, port: int) -> Iterator[subprocess.Popen[str]]:
    """`serve` with secrets in its environment and in files."""
    child = subprocess.Popen(
        [sys.executable, "-c", MAIN, "serve", *arguments, "--listen", f"127.0.0.1:{port}", "--no-gpu"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={
            **os.environ,
            "TOKEN": HUSH,
            "COMFYMETER_PASSWORD": HUSH,
            "HOOK": f"http://me:{HUSH}@127.0.0.1:1/{HUSH}",
            "SERVICE": f"json://me:{HUSH}@127.0.0.1:1/{HUSH}",
        },
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def read(url: str) -> str:
    """A page, or what is said instead of one, with its headers."""
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return f"{response.headers}\n{response.read().decode()}"
    except urllib.error.HTTPError as error:
        with error:
            return f"{error.headers}\n{error.read().decode()}"


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize(
    "arguments",
    [("--targets", "targets.yaml"), ("--url", f"http://me:{HUSH}@127.0.0.1:1/comfy", "--name", "a")],
    ids=["targets", "url"],
)
def test_what_a_server_needs_is_shown_nowhere(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "targets.yaml").write_text(TARGETS)
    (tmp_path / "password").write_text(f"{HUSH}\n")
    port = free_port()
    told = ("--webhook", "env:HOOK", "--notify", "env:SERVICE", "--notify-on", "server", "--store", "history.db")
    with serving(tmp_path, *arguments, *told, port=port) as child:
        fetched(f"http://127.0.0.1:{port}/-/ready")
        # A notice that the server is down could not be sent: that is said, once for each.
        end = time.monotonic() + 40
        while "comfymeter_notifications_failed_total 2.0" not in read(f"http://127.0.0.1:{port}/probe?target=a"):
            assert time.monotonic() < end
            time.sleep(0.1)
        seen = [read(f"http://127.0.0.1:{port}{page}") for page in PAGES]
        line = Path(f"/proc/{child.pid}/cmdline").read_text() if sys.platform == "linux" else ""
        child.terminate()
        out, err = child.communicate(timeout=20)
    assert HUSH not in "".join([*seen, out, err])
    assert (HUSH in line) is ("--url" in arguments), "who writes it into the command line shows it"
    assert "webhook 127.0.0.1:1" in err
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("history.db*"))
    assert HUSH.encode() not in stored


@pytest.mark.parametrize(
    "arguments",
    [
        ("watch", "--once", "--no-gpu", "--url", f"http://me:{HUSH}@127.0.0.1:1"),
        ("watch", "--once", "--url", f"http://me:{HUSH}@127.0.0.1:port"),
        ("watch", "--once", "--webhook", f"http://me:{HUSH}@h:port"),
        ("timeout", "--store", f"postgresql://me:{HUSH}@127.0.0.1:1/runs"),
        ("timeout", "--store", f"nosuch://me:{HUSH}@127.0.0.1:1/runs"),
        ("timeout", "--store", f"postgresql://me:{HUSH}@127.0.0.1:port/runs"),
        ("ingest", f"memory://me:{HUSH}@none/x.log", "--store", "h.db"),
        ("show", f"memory://me:{HUSH}@none/x.log", "1"),
        ("report", "x.log", "--otlp", f"ftp://me:{HUSH}@h"),
        ("report", "x.log", "--otlp", f"http://me:{HUSH}@127.0.0.1:1/?key={HUSH}"),
    ],
    ids=lambda arguments: "-".join(part for part in arguments if HUSH not in part),
)
def test_no_message_repeats_a_secret(tmp_path: Path, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    (tmp_path / "x.log").write_text("2026-05-17T20:10:00Z got prompt\n2026-05-17T20:10:30Z Prompt executed in 30.00 seconds\n")
    ended = command(*arguments)
    assert ended.stdout + ended.stderr
    assert HUSH not in ended.stdout + ended.stderr
