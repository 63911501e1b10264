"""Labels whose values come from outside: as many as were allowed, all others are one."""

from collections.abc import Callable, Iterable

from exporters.metrics import OTHER


class CappedLabel:
    """Values in the order in which they are first seen, up to `most`. `allowed`: if given, no others. `on_overflow` hears of each
    use of `other`."""

    def __init__(self, most: int, *, allowed: Iterable[str] = (), on_overflow: Callable[[], None] = lambda: None) -> None:
        self._known = dict.fromkeys(list(allowed)[:most])
        self._most = most
        self._closed = bool(self._known)
        self._on_overflow = on_overflow

    def __call__(self, value: str) -> str:
        """The value to use."""
        if value in self._known:
            return value
        if not self._closed and len(self._known) < self._most:
            self._known[value] = None
            return value
        self._on_overflow()
        return OTHER
