"""What an engine is, and which logs it cannot send away."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from analyzer.sources import LogGroup
from analyzer.sources.files import STDIN

# A log's name and its bytes, as far as they are known: it has been read.
OnRead = Callable[[str, int], None]
Read = TypeVar("Read")


class Engine(Protocol):
    """Reads logs somewhere."""

    def sends(self, groups: Sequence[LogGroup]) -> bool:
        """Whether another process should read any of these logs."""
        ...

    def each(self, groups: Sequence[LogGroup], read: Callable[[LogGroup], Read], on_read: OnRead | None = None) -> list[Read]:
        """What `read`, a function that can be pickled, makes of each log, in their order. Raises what it raises, of several logs
        the first one's."""
        ...


def stays(group: LogGroup) -> bool:
    """Whether a log can be read here only: the standard input."""
    return any(file.name == STDIN for file in group.files)
