"""One look: the view printed once, as soon as the server, or what its log holds, is known."""

import asyncio
import sys
from contextlib import suppress

from analyzer.errors import ExitCode
from exporters.engine import Engine
from exporters.observations import State
from exporters.watching.screen import Draw, console_for

_PATIENCE_SECONDS = 8.0
_LOOK_SECONDS, _QUIET_LOOKS = 0.25, 3


async def look_once(engine: Engine, picture: Draw, *, color: bool, width: int) -> int:
    """Prints it; the exit code: 1 where the server does not answer."""
    await engine.start()
    try:
        with suppress(TimeoutError):
            await asyncio.wait_for(_settled(engine), _PATIENCE_SECONDS)
        now = engine.clock()
        engine.watched.look(now)
        console_for(sys.stdout, color=color, width=width).print(picture(now, width))
    finally:
        await engine.stop()
    state = engine.watched.state
    return ExitCode.OK if state is None or state.state is State.UP else ExitCode.ERROR


async def _settled(engine: Engine) -> None:
    """The API has told the queue, or that it is away; and the log has been quiet for a moment."""
    watched = engine.watched
    if engine.settings.target is not None:
        while watched.state is None or (watched.state.state is State.UP and watched.queue is None):
            await asyncio.sleep(_LOOK_SECONDS)
    seen, quiet = engine.last_line_at, 0
    while quiet < _QUIET_LOOKS and not engine.ended.is_set():
        await asyncio.sleep(_LOOK_SECONDS)
        quiet = quiet + 1 if engine.last_line_at == seen else 0
        seen = engine.last_line_at
