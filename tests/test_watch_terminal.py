"""The live view on a real terminal: what is on the screen, what came to it, and how it is left."""

import os
import re
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.command import MAIN

pyte = pytest.importorskip("pyte")
fcntl, pty, termios = (pytest.importorskip(name) for name in ("fcntl", "pty", "termios"))

HOSTILE = "\x1b]0;owned\x07\x1b[31mred\x1b[2J\x1b[5;5Hmoved\x9b2J\x1bc\x08\u202eevil"
# Colours, up a row, the row cleared, the cursor hidden and shown: that is all that the view needs.
OURS = re.compile(r"\x1b\[[0-9;]*m|\x1b\[1A|\x1b\[2K|\x1b\[\?25[lh]|[\r\n]")


@dataclass(slots=True)
class Terminal:
    """A terminal of 80 by 24 and what has been written to it."""

    child: "subprocess.Popen[bytes]"
    raw: bytearray = field(default_factory=bytearray)

    @property
    def screen(self) -> Any:
        screen = pyte.Screen(80, 24)
        pyte.ByteStream(screen).feed(bytes(self.raw))
        return screen

    @property
    def rows(self) -> list[str]:
        return [row.rstrip() for row in self.screen.display if row.strip()]

    def wait_for(self, text: str, seconds: float = 30.0) -> None:
        end = time.monotonic() + seconds
        while text not in "\n".join(self.rows):
            assert time.monotonic() < end, self.rows
            assert self.child.poll() is None, self.rows
            time.sleep(0.05)


@contextmanager
def terminal(*arguments: str, **variables: str) -> Iterator[Terminal]:
    """`comfymeter watch` on a terminal of its own."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES", "FORCE_COLOR")}
    child = subprocess.Popen(
        [sys.executable, "-c", MAIN, "watch", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**kept, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8", **variables},
        start_new_session=True,
    )
    os.close(theirs)
    shown = Terminal(child)
    reader = threading.Thread(target=_read, args=(ours, shown.raw))
    reader.start()
    try:
        yield shown
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            child.wait(20)
        reader.join(20)
        os.close(ours)


def _read(descriptor: int, into: bytearray) -> None:
    """Until the last one who may write is gone, which Linux tells as an error."""
    with suppress(OSError):
        while data := os.read(descriptor, 65536):
            into += data


def hostile_log(folder: Path) -> Path:
    """A log in which everything tries to reach the terminal, its name too."""
    path = folder / "x\x1b]0;owned\x07\x1b[31m.log"
    path.write_text("To see the GUI go to: http://127.0.0.1:8188\n")
    return path


def test_the_view_is_drawn_and_hostile_text_does_nothing(tmp_path: Path) -> None:
    path = hostile_log(tmp_path)
    with terminal(
        str(path), "--timeout", "300s", "--no-gpu", "--notify-on", "finish", "--on-finish", f"echo {HOSTILE} >&2; exit 3"
    ) as shown:
        shown.wait_for("run        none")
        with path.open("a") as file:
            file.write(
                "got prompt\n" + f"!!! Exception during processing !!! boom {HOSTILE}\nTraceback (most recent call last):\n"
            )
            file.write(f"ValueError: boom {HOSTILE}\n\nPrompt executed in 1.50 seconds\ngot prompt\n")
            file.write(f"Requested to load Fl{HOSTILE}ux\n 25%|##5       | 5/20 [00:05<00:15,  1.00s/it]\n")
            file.flush()
            shown.wait_for("5 of 20 steps")
            shown.wait_for("last runs")
            shown.wait_for("exit code 3")

    assert shown.child.returncode == 130
    screen = shown.screen
    assert not screen.cursor.hidden
    assert screen.title == ""
    left = OURS.sub("", shown.raw.decode())
    assert all(character.isprintable() for character in left), sorted({c for c in left if not c.isprintable()})
    assert "owned" not in left
    rows = "\n".join(shown.rows)
    assert re.search(r"last runs +\S+ +error +1\.50 s", rows)
    assert re.search(r"run  .*of 5m 00s", rows)
    assert "Traceback" not in rows


def test_no_color_is_honoured_and_a_dumb_terminal_gets_lines(tmp_path: Path) -> None:
    path = tmp_path / "comfyui.log"
    path.write_text("To see the GUI go to: http://127.0.0.1:8188\n")
    with terminal(str(path), "--no-gpu", NO_COLOR="1") as plain, terminal(str(path), "--no-gpu", TERM="dumb") as dumb:
        plain.wait_for("run        none")
        time.sleep(1.0)
        with path.open("a") as file:
            file.write("got prompt\n 25%|##5       | 5/20 [00:05<00:15,  1.00s/it]\n")
        plain.wait_for("5 of 20 steps")
        dumb.wait_for("5 of 20 steps")

    assert not re.search(rb"\x1b\[[0-9;]*(?:3[0-8]|4[0-8]|9[0-7])[0-9;]*m", bytes(plain.raw))
    assert b"\x1b" not in dumb.raw
