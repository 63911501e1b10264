"""What an engine is, and which logs it cannot send away."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from analyzer.containers import Zone
from analyzer.sources import LogGroup, LogStream
from analyzer.sources.files import STDIN

if TYPE_CHECKING:
    from analyzer.reading import LogReader

# A log's name and its bytes, as far as they are known: it has been read.
OnRead = Callable[[str, int], None]
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """What is known of a log that has been read in parts."""

    bytes: int
    encoding: str


class Engine(Protocol):
    """Reads logs somewhere."""

    def sends(self, groups: Sequence[LogGroup]) -> bool:
        """Whether another process should read any of these logs."""
        ...

    def each(self, groups: Sequence[LogGroup], read: Callable[[LogGroup], Read], on_read: OnRead | None = None) -> list[Read]:
        """What `read`, a function that can be pickled, makes of each log, in their order. Raises what it raises, of several logs
        the first one's."""
        ...

    def go_through(self, reader: "LogReader", stream: LogStream, zone: Zone, on_progress: OnRead | None = None) -> Whole | None:
        """Has one log, which `reader` has begun, read in parts by several processes, as if it had gone through all of it; None:
        it is not worth while or cannot be done, and nothing has been read. Raises ComfymeterError."""
        ...


def stays(group: LogGroup) -> bool:
    """Whether a log can be read here only: the standard input."""
    return any(file.name == STDIN for file in group.files)
