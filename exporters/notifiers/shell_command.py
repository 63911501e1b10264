"""A command of the user's, run by the shell for a notice: facts in its environment, and as JSON on its standard input."""

import asyncio
import json
import os
import signal
import sys
import tempfile
from contextlib import suppress
from typing import IO

from analyzer.renderers.clean import clean, clip
from exporters.notifiers.base import NotSentError
from exporters.notifiers.notice import Event, Notice, payload

TIMEOUT_SECONDS = 60.0
_PATIENCE_SECONDS = 2.0
_PREFIX = "COMFYMETER_"
_MOST_STDERR = 2000


class ShellCommand:
    """Runs `line`, which stays as the user wrote it: no text of a log is ever put into it. `option`: where it was given.

    After `timeout_seconds`, or when the watch ends, it is stopped with all that it started in its process group.
    """

    def __init__(self, option: str, line: str, *, events: frozenset[Event], timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self.name, self.events = option, events
        self._line, self._timeout_seconds = line, timeout_seconds

    async def send(self, notice: Notice) -> None:
        """Runs it to its end."""
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as errors:
            given.write(json.dumps(payload(notice)).encode() + b"\n")
            given.seek(0)
            try:
                code = await self._run(notice, given, errors)
            except OSError as error:
                raise NotSentError(f"cannot be started: {error.strerror or error}") from None
            if code:
                raise NotSentError(f"exit code {code}{_last_words(errors)}")

    async def _run(self, notice: Notice, given: IO[bytes], errors: IO[bytes]) -> int:
        process = await asyncio.create_subprocess_shell(
            self._line,
            stdin=given,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=errors,
            env={**os.environ, **environment(notice)},
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await process.wait()
        except TimeoutError:
            raise NotSentError(f"stopped after {self._timeout_seconds:g} s") from None
        finally:
            if process.returncode is None:
                await _stop(process)


def environment(notice: Notice) -> dict[str, str]:
    """The facts as variables; an unknown one is empty."""
    return {_PREFIX + name.upper(): "" if value is None else f"{value}" for name, value in payload(notice).items()}


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Politely at first; then whatever is left of it."""
    _signal(process, signal.SIGTERM)
    with suppress(TimeoutError, asyncio.CancelledError):
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await process.wait()
    _signal(process, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    await process.wait()


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, number)


def _last_words(errors: IO[bytes]) -> str:
    errors.seek(0)
    lines = errors.read(_MOST_STDERR).decode("utf-8", "replace").strip().splitlines()
    return f": {clip(clean(lines[-1]), 200)}" if lines else ""
