"""The live view on a terminal: drawn anew in its place, twice a second at most, with the cursor given back at the end."""

from collections.abc import Callable
from typing import TextIO

from rich.console import Console, RenderableType
from rich.live import Live

Draw = Callable[[float, int], RenderableType]


def console_for(file: TextIO, *, color: bool, width: int | None = None) -> Console:
    """A console that takes text as it is: no markup, no emoji codes, no highlighting, no links."""
    return Console(file=file, no_color=not color, markup=False, emoji=False, highlight=False, width=width, soft_wrap=False)


class Screen:
    """Shows what `view(now, width)` gives until `close`."""

    def __init__(self, console: Console, view: Draw) -> None:
        self._console, self._view = console, view
        self._live = Live(
            console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False, vertical_overflow="crop"
        )

    def open(self) -> None:
        self._live.start()

    def draw(self, now: float) -> None:
        """Draws it anew."""
        self._live.update(self._view(now, self._console.width), refresh=True)

    def print(self, line: str) -> None:
        """A line above the view, which stays."""
        self._console.print(line)

    def close(self) -> None:
        """Leaves the last picture and gives the cursor back."""
        self._live.stop()
