"""Live log text from a file that grows, or from a pipe such as `docker logs -f` or `journalctl -f` on the standard input.

Files are read in threads of their own: one on a network that is away may hold a read for minutes, and nothing else must wait.
"""

import asyncio
import os
import stat
import threading
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from functools import partial

from analyzer.errors import SourceError
from exporters.observations import BacklogRead, LogText
from exporters.tail.file_tail import FileTail
from exporters.worker import Worker

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
    end is told if there was something. Of a named pipe: what its writers write, one after the other.

    Raises SourceError where it cannot be read.
    """
    worker, backlog = Worker("tail"), True
    tail = FileTail(path, backlog_bytes=backlog_bytes)
    try:
        while await worker.call(partial(_is_pipe, path)):
            async for text in read_pipe(path, clock=clock):
                yield text
        while True:
            data, written_at = await worker.call(partial(_read, tail, path))
            if data:
                yield LogText(at=clock(), data=data, backlog=backlog)
            else:
                if backlog and written_at is not None:
                    yield BacklogRead(at=clock(), written_at=written_at)
                backlog = False
                await asyncio.sleep(poll_seconds)
    finally:
        # In the thread: what it reads now must not be closed under its hands.
        worker.close(tail.close)


def _is_pipe(path: str) -> bool:
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)
    except OSError:
        return False


def _read(tail: FileTail, path: str) -> tuple[bytes, float | None]:
    """What is new, and when the file was written to last."""
    try:
        return tail.read(), tail.written_at
    except PermissionError:
        raise SourceError(f"{path}: permission denied; run as a user who may read it") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from None


async def read_pipe(pipe: int | str = 0, *, clock: Callable[[], float] = time.time) -> AsyncGenerator[LogText, None]:
    """What comes through a pipe until its writer closes it. A thread waits for it, since not every kind of pipe can be polled.

    `pipe`: a descriptor, or the path of a named pipe, which waits for its writer.
    """
    parts: asyncio.Queue[bytes] = asyncio.Queue()
    room = threading.Semaphore(_MOST_PARTS)
    loop = asyncio.get_running_loop()

    def hand_on(data: bytes) -> None:
        loop.call_soon_threadsafe(parts.put_nowait, data)

    threading.Thread(target=_pump, args=(pipe, hand_on, room), name="comfymeter-pipe", daemon=True).start()
    while data := await parts.get():
        room.release()
        yield LogText(at=clock(), data=data)


def _pump(pipe: int | str, hand_on: Callable[[bytes], None], room: threading.Semaphore) -> None:
    """Hands on what comes, and nothing at the end. Waits where the reader is behind."""
    with suppress(RuntimeError):  # the loop is closed, and with it everybody who wanted to read
        try:
            with open(pipe, "rb", buffering=0, closefd=isinstance(pipe, str)) as file:
                while room.acquire() and (data := file.read(_READ_BYTES)):
                    hand_on(data)
        except OSError:
            pass
        hand_on(b"")
