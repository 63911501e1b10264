"""What a target is: seeds to begin with, and a check that raises where an input shows a fault."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Mutate = Callable[[bytes, int], bytes]
Mutator = Callable[[bytes, int, int, Mutate], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """`check` raises for an input that shows a fault; ComfymeterError is an answer, no fault. `most_bytes`: the longest input
    tried. `words`: what the fuzzer puts in between. `mutator`: data, size, seed and the plain mutation to a new input."""

    name: str
    what: str
    seeds: Callable[[], Iterable[bytes]]
    check: Callable[[bytes], None]
    most_bytes: int = 4096
    words: tuple[bytes, ...] = ()
    mutator: Mutator | None = None


class FaultError(AssertionError):
    """An invariant does not hold."""


def demand(holds: bool, what: str) -> None:
    """Raises FaultError; unlike `assert` also under -O."""
    if not holds:
        raise FaultError(what)
