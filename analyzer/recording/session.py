"""A recording from start to end: a program that is run, or a pipe that is read."""

import os
import shlex
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.containers.recorded import SCHEMA
from analyzer.recording.child import Child, on_pipes, on_terminal
from analyzer.recording.ending import KILLED, MemoryWatch, exit_code, last_words
from analyzer.recording.format import Stamper, Stream, note
from analyzer.recording.forwarding import OnSignal, for_main_thread, handling
from analyzer.recording.log import RecordLog
from analyzer.recording.outlet import Outlet
from analyzer.recording.places import open_log
from analyzer.recording.pump import Pump, Take, read
from analyzer.recording.rolling import RollingFile
from analyzer.recording.supervisor import Supervisor
from analyzer.recording.voice import Voice
from analyzer.recording.vram import VramKit, VramLog, samples_beside

if TYPE_CHECKING:
    from analyzer.recording.terminal import UserTerminal

STDIN, STDOUT, STDERR = 0, 1, 2
_IGNORED_BY_FILTER = ("SIGINT", "SIGQUIT", "SIGHUP")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to record. `path` None: a new file named by the time; `limit_bytes` None: one part; `pty` None: as stdout is.

    `thin`: without the redraws of progress bars; `vram_seconds`: between samples, 0 for none.
    """

    path: Path | None = None
    append: bool = False
    limit_bytes: int | None = None
    keep: int = 5
    pty: bool | None = None
    thin: bool = True
    quiet: bool = False
    vram_seconds: float = 1.0


def record_program(command: Sequence[str], settings: Settings, vram: VramKit[Any] | None = None) -> int:
    """Runs a program and records what it writes; its exit code as a shell has it. Raises ComfymeterError."""
    voice = Voice(quiet=settings.quiet)
    file = _open(settings)
    memory = MemoryWatch()
    try:
        child = _start(command, settings, voice)
    except BaseException:
        file.discard()
        raise
    log = _log(file, child.outputs, settings, voice)
    with _sampling(vram, file.path, child.pid, settings, voice):
        return_code = _attend(child, command, log, voice)
    log.close(last_words(return_code))
    code = exit_code(return_code)
    if code == KILLED:
        voice.warn(f"{Path(command[0]).name} was killed (exit code {code}): {memory.why(child.pid).value}")
    return code


def record_input(settings: Settings, vram: VramKit[Any] | None = None) -> int:
    """Records stdin and passes it on to stdout, to its end: whoever writes there is told to stop by others."""
    voice = Voice(quiet=settings.quiet)
    file = _open(settings)
    log = _log(file, [Stream.ALL], settings, voice)
    log.begin("start mode=filter")
    outlet = Outlet(STDOUT, "stdout", voice.warn)
    told: list[int] = []
    with _sampling(vram, file.path, None, settings, voice), handling(_filter_handlers(told)):
        while data := read(STDIN):
            log.take(Stream.ALL, time.time(), data)
            outlet.write(data)
    log.close("end of input")
    return 128 + told[0] if told else 0


def _open(settings: Settings) -> RollingFile:
    _fill_standard_streams()
    file = open_log(settings.path, append=settings.append, now=time.localtime())
    file.limit_bytes, file.keep = settings.limit_bytes, settings.keep
    return file


def _fill_standard_streams() -> None:
    """Where a standard stream is closed, a file opened later would take its place and get the program's output."""
    while (handle := os.open(os.devnull, os.O_RDWR)) <= STDERR:
        pass
    os.close(handle)


def _log(file: RollingFile, streams: Iterable[Stream], settings: Settings, voice: Voice) -> RecordLog:
    stamp, schema = Stamper(), SCHEMA.decode()
    file.head = lambda: note(stamp(time.time()), schema)
    voice.note(f"recording to {file.path}")
    return RecordLog(file, streams, stamp=stamp, clock=time.time, say=voice.warn, thin=settings.thin)


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
                for pump in pumps:
                    pump.start()
                if terminal and child.master is not None:
                    _connect_keyboard(terminal, child.master)
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


@contextmanager
def _sampling(vram: VramKit[Any] | None, log: Path, pid: int | None, settings: Settings, voice: Voice) -> Iterator[None]:
    """VRAM samples beside the log while the recording lasts."""
    sampling = _vram_log(vram, log, pid, settings, voice) if vram and settings.vram_seconds else None
    if sampling:
        with for_main_thread():
            sampling.start()
    try:
        yield
    finally:
        if sampling:
            sampling.stop()


def _vram_log(vram: VramKit[Any], log: Path, pid: int | None, settings: Settings, voice: Voice) -> VramLog[Any] | None:
    try:
        file = samples_beside(log)
    except OSError as error:
        voice.warn(f"VRAM is not sampled: {error.filename}: {error.strerror}")
        return None
    if file is None:
        return None
    file.limit_bytes, file.keep = settings.limit_bytes, settings.keep
    return VramLog(vram, file, pid=pid, seconds=settings.vram_seconds, say=voice.warn)


def _filter_handlers(told: list[int]) -> dict[int, OnSignal]:
    """Ctrl-C and a closed terminal are for the program, whose last words are still to come; SIGTERM ends the reading."""

    def end(number: int) -> None:
        told.append(number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), STDIN)

    handlers: dict[int, OnSignal] = {signal.SIGTERM: end}
    handlers |= {getattr(signal, name): _ignore for name in _IGNORED_BY_FILTER if hasattr(signal, name)}
    return handlers


def _ignore(number: int) -> None:
    pass


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
