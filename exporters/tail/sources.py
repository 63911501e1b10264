"""Live log text from a file that grows, or from a pipe such as `docker logs -f` or `journalctl -f` on the standard input."""

import asyncio
import os
import threading
import time
from collections.abc import AsyncGenerator, Callable

from analyzer.errors import SourceError
from exporters.observations import BacklogRead, LogText
from exporters.tail.file_tail import FileTail

POLL_SECONDS = 0.25
# Enough for the runs of a day or so; the run that goes on is in it.
BACKLOG_BYTES = 4 << 20
_READ_BYTES = 1 << 16
_MOST_PARTS = 16


async def tail_file(
    path: str,
    *,
    poll_seconds: float = POLL_SECONDS,
    backlog_bytes: int | None = BACKLOG_BYTES,
    clock: Callable[[], float] = time.time,
) -> AsyncGenerator[LogText | BacklogRead, None]:
    """What a file grows by, for ever; it need not exist yet. `backlog_bytes`: how much of what it holds already; None: all. Its
    end is told if there was something.

    Raises SourceError where it cannot be read.
    """
    tail, backlog = FileTail(path, backlog_bytes=backlog_bytes), True
    try:
        while True:
            data = _read(tail, path)
            if data:
                yield LogText(at=clock(), data=data, backlog=backlog)
            else:
                if backlog and (written_at := tail.written_at) is not None:
                    yield BacklogRead(at=clock(), written_at=written_at)
                backlog = False
                await asyncio.sleep(poll_seconds)
    finally:
        tail.close()


def _read(tail: FileTail, path: str) -> bytes:
    try:
        return tail.read()
    except PermissionError:
        raise SourceError(f"{path}: permission denied; run as a user who may read it") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from None


async def read_pipe(descriptor: int = 0, *, clock: Callable[[], float] = time.time) -> AsyncGenerator[LogText, None]:
    """What comes through a pipe until its writer closes it. A thread waits for it, since not every kind of pipe can be polled."""
    parts: asyncio.Queue[bytes] = asyncio.Queue()
    room = threading.Semaphore(_MOST_PARTS)
    loop = asyncio.get_running_loop()

    def hand_on(data: bytes) -> None:
        loop.call_soon_threadsafe(parts.put_nowait, data)

    threading.Thread(target=_pump, args=(descriptor, hand_on, room), name="comfymeter-pipe", daemon=True).start()
    while data := await parts.get():
        room.release()
        yield LogText(at=clock(), data=data)


def _pump(descriptor: int, hand_on: Callable[[bytes], None], room: threading.Semaphore) -> None:
    """Hands on what comes, and nothing at the end. Waits where the reader is behind."""
    while True:
        room.acquire()
        try:
            data = os.read(descriptor, _READ_BYTES)
        except OSError:
            data = b""
        try:
            hand_on(data)
        except RuntimeError:  # the loop is closed, and with it everybody who wanted to read
            return
        if not data:
            return
