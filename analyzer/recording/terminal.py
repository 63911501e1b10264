"""The user's terminal and the program's: sizes, modes, the keyboard. POSIX only: imported where a terminal is used."""

import os
import pty
import select
import signal
import termios
import threading
import time
import tty
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from analyzer.recording.pump import read

_STDIN, _STDOUT, _STDERR = 0, 1, 2
_DEFAULT_SIZE = (24, 80)
_LOOK_AGAIN_MILLISECONDS = 500
_SUSPEND = b"\x1a"
# Places in what tcgetattr gives.
_OUTPUT_FLAGS, _LOCAL_FLAGS, _CHARACTERS = 1, 3, 6


class UserTerminal:
    """The terminal that the user types at. `shows`: the program's output goes there too, with carriage returns of its own."""

    def __init__(self, handle: int, *, shows: bool) -> None:
        self.handle = handle
        self.raw = False
        self._shows = shows
        self._saved = termios.tcgetattr(handle)

    def in_foreground(self) -> bool:
        """Whether it may be read and set: the system stops a background job that tries."""
        with suppress(OSError):
            return os.tcgetpgrp(self.handle) == os.getpgrp()
        return False

    def make_raw(self) -> None:
        """Every key goes to the program's terminal, which knows what it means."""
        if self.raw or not self.in_foreground():
            return
        with suppress(termios.error):
            tty.setraw(self.handle, termios.TCSANOW)
            self.raw = True
            if not self._shows:
                modes = termios.tcgetattr(self.handle)
                modes[_OUTPUT_FLAGS] = self._saved[_OUTPUT_FLAGS]
                termios.tcsetattr(self.handle, termios.TCSANOW, modes)

    def restore(self) -> None:
        """The modes as they were."""
        if self.raw and self.in_foreground():
            with suppress(termios.error):
                termios.tcsetattr(self.handle, termios.TCSANOW, self._saved)
        self.raw = False


def open_pair() -> tuple[int, int]:
    """A pseudo-terminal for the program, master and slave, of the size and with the modes of the user's terminal.

    Where stdout is no terminal, lines keep ending in LF alone.
    """
    master, slave = pty.openpty()
    modes = _modes((_STDIN, _STDOUT)) or termios.tcgetattr(slave)
    if not os.isatty(_STDOUT):
        modes[_OUTPUT_FLAGS] &= ~termios.OPOST
    termios.tcsetattr(slave, termios.TCSANOW, modes)
    copy_size(master)
    return master, slave


def copy_size(master: int) -> None:
    """Gives the program's terminal the size of the user's; 24 x 80 where there is none."""
    size = next(filter(all, map(_size, (_STDOUT, _STDIN, _STDERR))), _DEFAULT_SIZE)
    with suppress(termios.error, OSError):
        termios.tcsetwinsize(master, size)


def _size(handle: int) -> tuple[int, int]:
    with suppress(termios.error, OSError):
        return termios.tcgetwinsize(handle)
    return (0, 0)


def _modes(handles: Iterable[int]) -> list[Any] | None:
    for handle in handles:
        with suppress(termios.error, OSError):
            return termios.tcgetattr(handle)
    return None


class Keyboard(threading.Thread):
    """Hands what the user types on to the program's terminal; only while in the foreground."""

    def __init__(self, terminal: UserTerminal, master: int) -> None:
        super().__init__(daemon=True)
        self._terminal = terminal
        self._master = master

    def run(self) -> None:
        poll = select.poll()
        poll.register(self._terminal.handle, select.POLLIN)
        while True:
            typed = poll.poll(_LOOK_AGAIN_MILLISECONDS)
            if not self._terminal.in_foreground():
                time.sleep(_LOOK_AGAIN_MILLISECONDS / 1000)
                continue
            self._terminal.make_raw()
            if typed and not self._pass_on(read(self._terminal.handle)):
                return

    def _pass_on(self, data: bytes) -> bool:
        """Whether the keyboard goes on."""
        before, suspend, after = data.partition(_SUSPEND)
        if suspend and self._suspends():
            self._write(before)
            os.kill(os.getpid(), signal.SIGTSTP)
            data = after
        return bool(self._write(data) and (data or suspend))

    def _suspends(self) -> bool:
        """Whether the program's terminal would make a signal of Ctrl-Z, rather than hand it over as a key."""
        with suppress(termios.error, OSError):
            modes = termios.tcgetattr(self._master)
            return bool(modes[_LOCAL_FLAGS] & termios.ISIG) and modes[_CHARACTERS][termios.VSUSP] == _SUSPEND
        return False

    def _write(self, data: bytes) -> bool:
        with suppress(OSError):
            while data:
                data = data[os.write(self._master, data) :]
            return True
        return False
