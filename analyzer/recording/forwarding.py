"""Signal handlers for as long as they are needed, and threads that leave signals to the main thread."""

import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

OnSignal = Callable[[int], None]


@contextmanager
def handling(handlers: Mapping[int, OnSignal]) -> Iterator[None]:
    """Calls handlers instead of what signals do; a signal that was ignored before (nohup, `&` in a script) stays ignored."""
    before: dict[int, Any] = {}
    for number, handler in handlers.items():
        if signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, _with_frame(handler))
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


@contextmanager
def for_main_thread() -> Iterator[None]:
    """Threads that are started inside take no signals, so that these interrupt the main thread's waiting."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _with_frame(handler: OnSignal) -> Callable[[int, FrameType | None], None]:
    return lambda number, frame: handler(number)
