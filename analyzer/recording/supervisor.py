"""Stands between the user and the program: signals in, sizes, stopping and going on, reading to the end."""

import os
import signal
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from analyzer.recording.child import Child
from analyzer.recording.forwarding import OnSignal
from analyzer.recording.log import RecordLog
from analyzer.recording.pump import Pump
from analyzer.recording.voice import Voice

if TYPE_CHECKING:
    from analyzer.recording.terminal import UserTerminal

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
_PASSED_ON = (*_ENDING, "SIGUSR1", "SIGUSR2")
_LOOK_SECONDS = 0.1
# Told to end, with the program gone: how long somebody who does not read our output may keep us.
_PATIENCE_SECONDS = 2.0


class Supervisor:
    """Looks after one program. `terminal` is the user's, where the program has one of its own."""

    def __init__(self, child: Child, log: RecordLog, voice: Voice, terminal: "UserTerminal | None" = None) -> None:
        self._child = child
        self._log = log
        self._voice = voice
        self._terminal = terminal
        self._over = False
        self._hurry = False
        self._waits = False
        self._told_at: float | None = None

    def handlers(self) -> dict[int, OnSignal]:
        """What to do with each signal that this system knows."""
        wanted: dict[str, OnSignal] = dict.fromkeys(_PASSED_ON, self._pass_on)
        wanted["SIGTSTP"] = self._suspend
        if self._child.master is not None:
            wanted["SIGWINCH"] = self._resize
        return {getattr(signal, name): handler for name, handler in wanted.items() if hasattr(signal, name)}

    def wait(self) -> int:
        """The program's return code, once it has ended."""
        return_code = self._child.wait(self._stopped)
        self._over = True
        return return_code

    def drain(self, pumps: Sequence[Pump]) -> None:
        """Reads what the ended program left in its pipes, and no longer; a second signal ends that too."""
        for pump in pumps:
            pump.stop()
        while (busy := [pump for pump in pumps if pump.is_alive()]) and not self._hurry and not self._is_late():
            busy[0].join(_LOOK_SECONDS)

    def _is_late(self) -> bool:
        return self._told_at is not None and time.monotonic() > self._told_at + _PATIENCE_SECONDS

    def _pass_on(self, number: int) -> None:
        if signal.Signals(number).name in _ENDING:
            self._hurry = self._over
            self._told_at = time.monotonic()
        if not self._over:
            self._child.signal(number)
            if self._waits:  # a stopped program hears nothing
                self._child.signal(signal.SIGCONT)
                self._waits = False

    def _suspend(self, number: int) -> None:
        """Ctrl-Z, or SIGTSTP: first the program stops, then the recorder; SIGCONT ends this call."""
        if self._over:
            return
        self._log.note("stopped")
        self._child.signal(signal.SIGSTOP)
        if self._terminal:
            self._terminal.restore()
        handler = signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        signal.signal(number, handler)
        if self._terminal:
            self._terminal.make_raw()
            self._resize(number)
        self._log.note("continued")
        self._child.signal(signal.SIGCONT)

    def _resize(self, number: int) -> None:
        from analyzer.recording.terminal import copy_size

        if self._child.master is not None:
            copy_size(self._child.master)

    def _stopped(self, number: int) -> None:
        self._waits = number == signal.SIGTTIN
        if self._waits:
            self._voice.warn("the program was stopped because it wants to read the keyboard; start it with --pty")
