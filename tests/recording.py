"""Runs `comfymeter record` as users do: a process of its own, with real children, pipes and terminals."""

import fcntl
import os
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from analyzer.containers.recorded import written

COMFYMETER = (sys.executable, "-c", "from analyzer.cli import main; main()")
PATIENCE_SECONDS = 30.0
_RECORD = re.compile(rb"(\S+) (out|err|all|tty|rec)([ <][ +^][ \\])([^\n]*)\n")


def record(log: Path, *command: str, options: Sequence[str] = ()) -> list[str]:
    """The command line that records `command`; without it, stdin."""
    return [*COMFYMETER, "record", "-q", "-o", str(log), *options, *(("--", *command) if command else ())]


def python(program: str, *arguments: str) -> list[str]:
    """The command line of a small program; it has `os`, `signal`, `sys`, `time`, and `say` for text at once."""
    head = "import os, signal, sys, time\ndef say(text, handle=1): os.write(handle, text.encode())\n"
    return [sys.executable, "-c", head + program, *arguments]


def run(*command: str, input: bytes = b"", environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    """Runs to the end, stdout and stderr on pipes of their own; nothing but `environment` says how Python buffers."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(
        command, input=input, capture_output=True, env={**inherited, **(environment or {})}, timeout=PATIENCE_SECONDS, check=False
    )


def wait_for(ready: Callable[[], bool], what: str) -> None:
    """Waits for something that has to happen."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not ready():
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.01)


def says(log: Path, text: str) -> bool:
    """Whether the program has written `text` by now, as the log has it."""
    written_lines = _RECORD.findall(log.read_bytes()) if log.exists() else []
    return any(text.encode() in line for _, stream, _, line in written_lines if stream != b"rec")


def is_alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def output(log: Path, stream: str | None = None) -> bytes:
    """What the program wrote, as the log has it; `stream`: only there."""
    data = log.read_bytes()
    assert _RECORD.sub(b"", data) == b""
    wanted = {stream.encode()} if stream else {b"out", b"err", b"all", b"tty"}
    return b"".join(written(marks, text) for _, name, marks, text in _RECORD.findall(data) if name in wanted)


def own_words(log: Path) -> list[str]:
    """What the recorder itself has to say."""
    return [text.decode() for _, name, _, text in _RECORD.findall(log.read_bytes()) if name == b"rec"]


def last_words(log: Path) -> str:
    return own_words(log)[-1]


@dataclass(slots=True)
class OnTerminal:
    """A command on a terminal that the test holds: it types, looks, and changes the size. Leads a session, as a shell does."""

    command: Sequence[str]
    size: tuple[int, int] = (40, 100)
    seen: bytes = b""
    master: int = -1
    process: subprocess.Popen[bytes] = field(init=False)

    def __enter__(self) -> "OnTerminal":
        self.master, slave = os.openpty()
        termios.tcsetwinsize(slave, self.size)
        self.process = subprocess.Popen(
            self.command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, preexec_fn=_take_terminal
        )
        os.close(slave)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.process.kill()
        self.process.wait()
        self.hang_up()

    def hang_up(self) -> None:
        """Closes the terminal's window."""
        if self.master >= 0:
            os.close(self.master)
            self.master = -1

    def type(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def resize(self, rows: int, columns: int) -> None:
        termios.tcsetwinsize(self.master, (rows, columns))

    def wait_for(self, text: str) -> None:
        """Waits until `text` stands on the terminal."""
        wait_for(lambda: self._look() and text.encode() in self.seen, repr(text))

    def end(self) -> int:
        """The exit code, once all output has been seen."""
        wait_for(lambda: self._look() and self.process.poll() is not None, "the end")
        self._look()
        return self.process.returncode

    def _look(self) -> bool:
        while select.select([self.master], [], [], 0.01)[0]:
            try:
                self.seen += os.read(self.master, 65536)
            except OSError:
                break
        return True


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
