"""A way to be told off: what is asked for, with which files, and the words that must come."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

ERROR, USAGE, NO_RUNS = 1, 2, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`arguments`: as a shell splits them; `words`: in the message; `files`: beside the usual ones; `patch`: what is not as usual.
    `notes`: how many lines may stand before the message."""

    arguments: str
    code: int
    words: str
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    patch: Callable[[pytest.MonkeyPatch], object] | None = None
    notes: int = 0

    def __str__(self) -> str:
        return f"{self.arguments} ({self.words})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What the command cannot be brought to in a test, asked of the function that says it."""

    name: str
    call: Callable[[], Any]
    words: str

    def __str__(self) -> str:
        return f"{self.name} ({self.words})"


def without(*modules: str) -> Callable[[pytest.MonkeyPatch], object]:
    """As if packages were not installed."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        for module in modules:
            monkeypatch.setitem(__import__("sys").modules, module, None)

    return patch


def failing(place: str, error: BaseException) -> Callable[[pytest.MonkeyPatch], object]:
    """As if a function failed: what needs a broken disk or another user."""

    def fail(*_: object, **__: object) -> None:
        raise error

    return lambda monkeypatch: monkeypatch.setattr(place, fail)
