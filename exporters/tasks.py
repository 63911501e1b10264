"""Ending tasks for certain."""

import asyncio
from collections.abc import Iterable
from typing import Any

_AGAIN_SECONDS = 0.5


async def end_all(tasks: Iterable["asyncio.Future[Any]"]) -> None:
    """Cancels tasks and returns when all of them have ended, however they did.

    Once is not enough: a cancellation that arrives together with a timeout is taken for the timeout (`asyncio.wait_for` before
    Python 3.12, timers of HTTP libraries), and the task goes on.
    """
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_AGAIN_SECONDS)
