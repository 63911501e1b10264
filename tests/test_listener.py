"""Which process listens on a port: real ones."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from exporters.listener import Listener, is_forwarded, listening
from tests.test_serve import free_port

LISTENS = """
import socket, subprocess, sys
family, port = (socket.AF_INET6, "::1") if sys.argv[1] == "6" else (socket.AF_INET, "127.0.0.1"), int(sys.argv[2])
server = socket.create_server((family[1], port), family=family[0])
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
print(server.getsockname()[1], child.pid, flush=True)
input()
child.kill()
child.wait()
"""


@contextmanager
def server(program: str = sys.executable, *, version: str = "4", port: int = 0) -> Iterator[tuple[int, set[int]]]:
    """A program that listens, and one that it started: its port and both their numbers."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([program, "-c", LISTENS, version, str(port)], **pipes) as child:  # type: ignore[call-overload]
        taken, grandchild = map(int, child.stdout.readline().split())
        yield taken, {child.pid, grandchild}
        child.communicate("\n")


def named(folder: Path, name: str) -> str:
    """A Python under another name."""
    program = folder / name
    program.symlink_to(os.path.realpath(sys.executable))
    return str(program)


def test_a_server_and_what_it_started_are_found_by_their_port() -> None:
    with server() as (port, pids):
        assert Listener(port).pids() == pids
        assert Listener(port + 1).pids() == set()
        assert not is_forwarded(port)
    assert listening(port) is None
    assert listening(free_port()) is None


@pytest.mark.skipif(sys.platform == "win32", reason="a program's name is its file's")
@pytest.mark.parametrize(
    ("name", "version", "ours", "forwarded"),
    [
        ("python3.12", "4", True, False),
        ("Python", "6", True, False),
        ("docker-proxy", "4", False, False),
        ("ssh", "4", False, True),
        ("autossh", "6", False, True),
        ("kubectl", "4", False, True),
    ],
)
def test_only_a_python_is_a_server(tmp_path: Path, name: str, version: str, ours: bool, forwarded: bool) -> None:
    with server(named(tmp_path, name), version=version) as (port, pids):
        assert Listener(port).pids() == (pids if ours else set())
        assert is_forwarded(port) is forwarded


def test_a_server_that_comes_late_or_starts_again_is_found_without_looking_all_the_time() -> None:
    now, port = [0.0], free_port()
    listener = Listener(port, lambda: now[0])
    assert listener.pids() == set()
    with server(port=port) as (_, pids):
        assert listener.pids() == set()
        now[0] = 11.0
        assert listener.pids() == pids
    assert listener.pids() == set()
    with server(port=port) as (_, others):
        now[0] = 22.0
        assert listener.pids() == others
        assert others != pids


def test_where_only_ones_own_processes_may_be_asked_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS."""

    def refuse(kind: str) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", refuse)
    with server() as (port, pids):
        assert Listener(port).pids() == pids
    assert listening(port) is None


def test_a_system_that_tells_nothing_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(2, "no /proc")

    monkeypatch.setattr(psutil, "net_connections", fail)
    assert listening(1) is None
    assert Listener(1).pids() == set()
