"""Which process listens on a port: real ones, and those of a made-up /proc."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from exporters.listener import Listener, is_forwarded, listening
from tests.test_serve import free_port

PORT = 8188
LISTENS = """
import socket, subprocess, sys
server = socket.create_server(("127.0.0.1", 0))
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
print(server.getsockname()[1], child.pid, flush=True)
input()
child.kill()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which process has a socket")
def test_a_real_server_and_what_it_started_are_found_by_their_port() -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", LISTENS], **pipes) as child:  # type: ignore[call-overload]
        port, grandchild = map(int, child.stdout.readline().split())
        found = Listener(port).pids()
        assert found == {child.pid, grandchild}
        assert not is_forwarded(port)
        child.communicate("\n")
    assert listening(port) is None
    assert listening(free_port()) is None


def process(proc: Path, pid: int, name: str, inode: int, *, port: int = PORT, table: str = "tcp") -> Path:
    """A process with a socket that listens."""
    (proc / "net").mkdir(exist_ok=True, parents=True)
    row = f"   0: 0100007F:{port:04X} 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 {inode} 1 0 100 0 0 10 0"
    (proc / "net" / table).write_text(f"  sl  local_address\n{row}\n")
    folder = proc / str(pid)
    (folder / "fd").mkdir(parents=True)
    (folder / "comm").write_text(f"{name}\n")
    os.symlink(f"socket:[{inode}]", folder / "fd" / "3")
    os.symlink("/dev/null", folder / "fd" / "0")
    return folder


@pytest.mark.parametrize(
    ("name", "table", "pids", "forwarded"),
    [
        ("python3.12", "tcp", {77}, False),
        ("python", "tcp6", {77}, False),
        ("docker-proxy", "tcp", set(), False),
        ("ssh", "tcp", set(), True),
    ],
)
def test_only_a_python_is_a_server(tmp_path: Path, name: str, table: str, pids: set[int], forwarded: bool) -> None:
    process(tmp_path, 77, name, 4711, table=table)
    assert Listener(PORT, tmp_path).pids() == pids
    assert is_forwarded(PORT, tmp_path) is forwarded
    assert Listener(PORT + 1, tmp_path).pids() == set()


def test_a_server_that_comes_late_or_starts_again_is_found_without_looking_all_the_time(tmp_path: Path) -> None:
    now = [0.0]
    listener = Listener(PORT, tmp_path, lambda: now[0])
    assert listener.pids() == set()
    folder = process(tmp_path, 77, "python", 4711)
    assert listener.pids() == set()
    now[0] = 11.0
    assert listener.pids() == {77}
    folder.rename(tmp_path / "78")
    assert listener.pids() == set()
    now[0] = 22.0
    assert listener.pids() == {78}


def test_a_table_that_cannot_be_read_tells_nothing(tmp_path: Path) -> None:
    assert listening(PORT, tmp_path) is None
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text("head\nno row\n")
    assert listening(PORT, tmp_path) is None
