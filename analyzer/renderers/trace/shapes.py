"""A run as shapes on a time axis: slices, marks and the size of what is loaded. Seconds from the run's start."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from analyzer.renderers.rounding import number

# Figures and line numbers under an event.
Facts = dict[str, Any]


class Track(Enum):
    """The tracks of a server and their titles, from top to bottom."""

    SERVER = "server"
    RUNS = "runs and their phases"
    BARS = "passes and other bars"
    LOADS = "model loads"
    EVENTS = "failures and limits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    name: str
    begin: float
    end: float
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that has no length."""

    track: Track
    name: str
    at: float
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A run's shapes. `phases` follow one another; `sizes`: bytes of models on the device, from a moment on."""

    seconds: float
    phases: tuple[Slice, ...]
    bars: tuple[Slice, ...]
    loads: tuple[Slice, ...]
    marks: tuple[Mark, ...]
    sizes: tuple[tuple[float, int], ...]


def facts(**values: Any) -> Facts:
    """What is known of the values, floats rounded."""
    known = {name: number(value) if isinstance(value, float) else value for name, value in values.items()}
    return {name: value for name, value in known.items() if value is not None}
