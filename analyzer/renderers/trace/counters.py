"""Counter tracks: how much of each model is on the device, as far as the log says."""

from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.renderers.short_text import ShortText
from analyzer.renderers.trace.words import model_name
from analyzer.runs.model import Load, Unload
from analyzer.units import MIB

# Sizes are printed with two decimals of a MiB.
_ROUNDING_BYTES = round(0.1 * MIB)
# A server has a handful of model classes; a track for each of more would hide the rest.
_MOST_TRACKS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A counter's value from a moment on, in seconds from the run's start."""

    name: str
    at: float
    value: int


class LoadedBytes:
    """Follows the models of one server.

    A full eviction prints no name, and most of them nothing at all, so there is no total: a model's figure stands until the log
    says something else about it. What was left of it when it is loaded again tells that it had gone.
    """

    def __init__(self, text: ShortText) -> None:
        self._text = text
        self._bytes: dict[str, int] = {}

    def follow(self, item: Load | Unload, at: float) -> Iterator[Sample]:
        """What a load or an unload changes."""
        yield from self._loaded(item, at) if isinstance(item, Load) else self._unloaded(item, at)

    def restarted(self, at: float) -> Iterator[Sample]:
        """A new process has nothing on the device."""
        for name in self._bytes:
            yield self._set(name, at, 0)

    def _loaded(self, load: Load, at: float) -> Iterator[Sample]:
        name = model_name(load, self._text)
        if load.loaded_bytes is None or (name not in self._bytes and len(self._bytes) >= _MOST_TRACKS):
            return
        left = load.loaded_bytes - (load.added_bytes if load.added_bytes is not None else load.loaded_bytes)
        if self._bytes.get(name) != left:
            yield self._set(name, at - (load.seconds or 0.0), left)
        yield self._set(name, at, load.loaded_bytes)

    def _unloaded(self, unload: Unload, at: float) -> Iterator[Sample]:
        """The line names no model: it is the one that had as much as was freed and as remains."""
        if unload.freed_bytes is None or unload.remaining_bytes is None:
            return
        had = unload.freed_bytes + unload.remaining_bytes
        same = [name for name, size in self._bytes.items() if abs(size - had) <= _ROUNDING_BYTES]
        if len(same) == 1:
            yield self._set(same[0], at, unload.remaining_bytes)

    def _set(self, name: str, at: float, size: int) -> Sample:
        self._bytes[name] = size
        return Sample(name=f"loaded: {name}", at=at, value=size)
