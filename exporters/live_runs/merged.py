"""Several live sources as one stream of updates, with the clock ticking in between."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence

from exporters.live_runs.live_runs import LiveRuns
from exporters.live_runs.updates import Update
from exporters.observations import Observation
from exporters.tasks import end_all

_TICK_SECONDS = 1.0


class _Ended:
    """A source will give nothing more."""


class _Tick:
    """Time has passed."""


_Queue = asyncio.Queue[Observation | _Ended | _Tick | BaseException]


async def follow(
    runs: LiveRuns, sources: Sequence[AsyncIterator[Observation]], *, clock: Callable[[], float] = time.time
) -> AsyncGenerator[Update, None]:
    """The updates of all sources until each of them has ended. Close it with `aclose`; that closes the sources too.

    Raises what a source raises.
    """
    queue: _Queue = asyncio.Queue()
    tasks = [asyncio.ensure_future(_pour(source, queue)) for source in sources]
    tasks.append(asyncio.ensure_future(_tick(queue)))
    going_on = len(sources)
    try:
        while going_on or not queue.empty():
            match await queue.get():
                case _Ended():
                    going_on -= 1
                case _Tick():
                    updates = runs.tick(clock())
                    for update in updates:
                        yield update
                case BaseException() as error:
                    raise error
                case seen:
                    for update in runs.feed(seen):
                        yield update
    finally:
        await end_all(tasks)
        runs.close()


async def _pour(source: AsyncIterator[Observation], queue: _Queue) -> None:
    try:
        async for seen in source:
            queue.put_nowait(seen)
        queue.put_nowait(_Ended())
    except Exception as error:
        queue.put_nowait(error)
    finally:
        close = getattr(source, "aclose", None)
        if close is not None:
            await close()


async def _tick(queue: _Queue) -> None:
    while True:
        await asyncio.sleep(_TICK_SECONDS)
        queue.put_nowait(_Tick())
