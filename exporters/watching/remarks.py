"""What the engine logs, as lines for the person who watches."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class _Handler(logging.Handler):
    """Hands on the message alone: no traceback belongs on a user's terminal."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self._tell(record.getMessage() + (f" ({type(error).__name__}: {error})" if error else ""))


@contextmanager
def remarks(tell: Callable[[str], None]) -> Iterator[None]:
    """While the block runs, warnings go to `tell`."""
    log, handler = logging.getLogger("comfymeter"), _Handler(tell)
    before = log.propagate
    log.addHandler(handler)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.propagate = before
