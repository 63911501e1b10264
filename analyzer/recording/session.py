"""Recording a program that is run: `comfymeter record -- python main.py`."""

import os
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.recording.child import Child, on_pipes, on_terminal
from analyzer.recording.ending import KILLED, MemoryWatch, exit_code, last_words
from analyzer.recording.format import Stream
from analyzer.recording.forwarding import for_main_thread, handling
from analyzer.recording.log import RecordLog
from analyzer.recording.outlet import Outlet
from analyzer.recording.pump import Pump, Take
from analyzer.recording.setup import STDERR, STDIN, STDOUT, Settings, log_in, open_file
from analyzer.recording.supervisor import Supervisor
from analyzer.recording.voice import Voice
from analyzer.recording.vram import Sample, sampling

if TYPE_CHECKING:
    from analyzer.recording.terminal import UserTerminal


def record_program(command: Sequence[str], settings: Settings, sample: Sample | None = None) -> int:
    """Runs a program and records what it writes; its exit code as a shell has it. Raises ComfymeterError."""
    voice = Voice(quiet=settings.quiet)
    file = open_file(settings)
    memory = MemoryWatch()
    try:
        child = _start(command, settings, voice)
    except BaseException:
        file.discard()
        raise
    log = log_in(file, child.outputs, settings, voice)
    with sampling(sample, file, pid=child.pid, seconds=settings.vram_seconds, voice=voice):
        return_code = _attend(child, command, log, voice)
        code, words = exit_code(return_code), last_words(return_code)
        if code == KILLED:
            why = memory.why(child.pid)
            voice.warn(f"{Path(command[0]).name} was killed (exit code {code}): {why.value}")
            words += f" memory={why.name.lower()}"
        log.close(words)
    return code


def _start(command: Sequence[str], settings: Settings, voice: Voice) -> Child:
    wanted = os.isatty(STDOUT) if settings.pty is None else settings.pty
    if wanted and sys.platform == "win32":
        voice.note("this system has no pseudo-terminals; the program runs on pipes")
    elif wanted:
        from analyzer.recording.terminal import open_pair

        master, slave = open_pair()
        return on_terminal(command, master=master, slave=slave, keyboard=os.isatty(STDIN))
    return on_pipes(command, merged=_same_place(STDOUT, STDERR))


def _attend(child: Child, command: Sequence[str], log: RecordLog, voice: Voice) -> int:
    """The program's return code; what it wrote has been recorded and passed on when this returns."""
    terminal = _user_terminal(child, voice)
    supervisor = Supervisor(child, log, voice, terminal)
    pumps = [Pump(handle, _taker(stream, log, voice), time.time) for stream, handle in child.outputs.items()]
    try:
        with handling(supervisor.handlers()):
            log.begin(_first_words(child, command))
            with for_main_thread():
                if terminal and child.master is not None:
                    _connect_keyboard(terminal, child.master)  # first: output is meant for a terminal in raw mode
                for pump in pumps:
                    pump.start()
            return_code = supervisor.wait()
            supervisor.drain(pumps)
            return return_code
    finally:
        if terminal:
            terminal.restore()


def _taker(stream: Stream, log: RecordLog, voice: Voice) -> Take:
    outlet = Outlet(STDERR, "stderr", voice.warn) if stream is Stream.ERR else Outlet(STDOUT, "stdout", voice.warn)

    def take(at: float, data: bytes) -> None:
        log.take(stream, at, data)
        outlet.write(data)

    return take


def _user_terminal(child: Child, voice: Voice) -> "UserTerminal | None":
    if child.master is None or not os.isatty(STDIN):
        return None
    from analyzer.recording.terminal import UserTerminal

    shows = os.isatty(STDOUT)
    terminal = UserTerminal(STDIN, shows=shows)
    voice.raw = lambda: shows and terminal.raw
    return terminal


def _connect_keyboard(terminal: "UserTerminal", master: int) -> None:
    from analyzer.recording.terminal import Keyboard

    terminal.make_raw()
    Keyboard(terminal, master).start()


def _same_place(first: int, second: int) -> bool:
    try:
        return os.path.samestat(os.fstat(first), os.fstat(second))
    except OSError:
        return False


def _first_words(child: Child, command: Sequence[str]) -> str:
    """What is run, and how. Keys and passwords in a command are no business of whoever reads the log."""
    from analyzer.redaction import Redactor

    mode = "pty" if child.master is not None else "pipes"
    return f"start pid={child.pid} mode={mode} command={Redactor().text(shlex.join(command))}"
