"""The recorded program: a process group of its own, its output on pipes or on a pseudo-terminal."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from analyzer.errors import ProgramError
from analyzer.recording.format import Stream

# What shells answer for a command that is not there, or is no program.
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126
_PARENT_DEATH = 1  # PR_SET_PDEATHSIG of <linux/prctl.h>


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A running program. `outputs`: what it writes, by stream, as descriptors to read; `master`: of its pseudo-terminal."""

    pid: int
    outputs: Mapping[Stream, int]
    process: subprocess.Popen[bytes]
    master: int | None = None

    def signal(self, number: int) -> None:
        """Sends a signal to the whole process group; nothing where it is gone, and where the console tells it itself."""
        if sys.platform == "win32":
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def wait(self, on_stop: Callable[[int], None]) -> int:
        """Waits for the program's end; its return code as `subprocess` has it. `on_stop` hears the signal that stopped it."""
        if sys.platform == "win32":
            return self.process.wait()
        while True:
            # As a container's first process it also buries what others left behind.
            pid, status = os.waitpid(-1 if os.getpid() == 1 else self.pid, os.WUNTRACED)
            if pid != self.pid:
                continue
            if not os.WIFSTOPPED(status):
                self.process.returncode = os.waitstatus_to_exitcode(status)
                return self.process.returncode
            on_stop(os.WSTOPSIG(status))


def on_pipes(command: Sequence[str], *, merged: bool) -> Child:
    """Starts a program on pipes: two, or one where stdout and stderr go to the same place anyway, which keeps their order."""
    out, out_end = os.pipe()
    err, err_end = (out, out_end) if merged else os.pipe()
    try:
        process = _start(command, stdout=out_end, stderr=err_end)
    finally:
        for end in {out_end, err_end}:
            os.close(end)
    outputs = {Stream.ALL: out} if merged else {Stream.OUT: out, Stream.ERR: err}
    return Child(pid=process.pid, outputs=outputs, process=process)


def on_terminal(command: Sequence[str], *, master: int, slave: int, keyboard: bool) -> Child:
    """Starts a program on a pseudo-terminal, which is its controlling one. `keyboard`: its input comes from there too."""
    try:
        process = _start(command, stdout=slave, stderr=slave, stdin=slave if keyboard else None, session=True)
    finally:
        os.close(slave)
    return Child(pid=process.pid, outputs={Stream.TTY: master}, process=process, master=master)


def _start(
    command: Sequence[str], *, stdout: int, stderr: int, stdin: int | None = None, session: bool = False
) -> subprocess.Popen[bytes]:
    # Not on a terminal: Python writes line by line there by itself, and ComfyUI's wrapper around stdout only if Python does.
    environment = {**({} if session else {"PYTHONUNBUFFERED": "1"}), **os.environ}
    if hasattr(signal, "SIGCHLD"):
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # ignored from outside, exit codes would be lost
    try:
        if sys.platform == "win32":
            return subprocess.Popen(command, stdout=stdout, stderr=stderr, env=environment)
        return subprocess.Popen(
            command,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            env=environment,
            start_new_session=session,
            process_group=None if session else 0,
            preexec_fn=_before_exec(os.getpid(), terminal=session),
        )
    except FileNotFoundError as error:
        raise ProgramError(f"{command[0]}: no such program; is the path right?", _NOT_FOUND) from error
    except OSError as error:
        raise ProgramError(f"{command[0]}: cannot be started: {error.strerror or error}", _NOT_EXECUTABLE) from error


def _before_exec(parent: int, *, terminal: bool) -> Callable[[], None]:
    """What the child does before it becomes the program: takes its terminal, and asks to be ended with the recorder."""
    control = _control_process() if sys.platform == "linux" else None

    def prepare() -> None:
        if terminal:
            import fcntl
            import termios

            fcntl.ioctl(1, termios.TIOCSCTTY, 0)
        if control:
            control(_PARENT_DEATH, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(128 + signal.SIGTERM)

    return prepare


def _control_process() -> Callable[[int, int], int] | None:
    """`prctl` of the C library; None where there is none to be had."""
    import ctypes

    with suppress(OSError, AttributeError):
        control: Callable[[int, int], int] = ctypes.CDLL(None).prctl
        return control
    return None
