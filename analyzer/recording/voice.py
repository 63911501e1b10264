"""The recorder's own words on stderr: one line each, harmless, also while the terminal is in raw mode."""

import os
from collections.abc import Callable
from contextlib import suppress

_STDERR = 2


class Voice:
    """Says lines. `raw`: whether the terminal adds no carriage returns now; `quiet`: only what the user must know is said."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.raw: Callable[[], bool] = bool
        self._quiet = quiet

    def warn(self, text: str) -> None:
        """Something that goes against what the user wants."""
        start, end = ("\r\n", "\r\n") if self.raw() else ("", "\n")
        with suppress(OSError):
            os.write(_STDERR, f"{start}comfymeter: {_harmless(text)}{end}".encode("utf-8", "replace"))

    def note(self, text: str) -> None:
        """Something good to know."""
        if not self._quiet:
            self.warn(text)


def _harmless(text: str) -> str:
    """File names may hold control codes, line ends and marks that turn the text around."""
    return "".join(character if character.isprintable() else "?" for character in text)
