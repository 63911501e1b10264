"""The live view: a server at a glance, in 23 rows at most. Pure."""

from collections.abc import Iterator, Sequence
from datetime import UTC, tzinfo

from rich.console import Group, RenderableType
from rich.text import Text

from analyzer.palette import BAD, GOOD, LOOK
from exporters.observations import State
from exporters.watched import Watched
from exporters.watching.gpu_rows import GpuNow, gpu_rows
from exporters.watching.past_rows import MOST_RUNS, Told, run_list, told_list
from exporters.watching.rows import Look, row
from exporters.watching.run_rows import run_rows

_STATES = {State.UP: GOOD, State.STALLED: LOOK, State.DOWN: BAD}
_STATE_WORDS = {State.UP: "up", State.STALLED: "answers late", State.DOWN: "down"}


def view(
    watched: Watched,
    gpus: Sequence[GpuNow],
    now: float,
    width: int,
    *,
    told: Sequence[Told] = (),
    zone: tzinfo = UTC,
    unicode: bool = True,
) -> RenderableType:
    """What is to be seen at `now`. `told`: the last notices, oldest first."""
    look = Look(width=width, zone=zone, unicode=unicode)
    rows = [
        *_server(watched, now, look),
        *run_rows(watched, now, look),
        *gpu_rows(gpus, look),
        *run_list(watched.last(MOST_RUNS), watched.limit_seconds, look),
        *told_list(told, look),
    ]
    return Group(*rows)


def _server(watched: Watched, now: float, look: Look) -> Iterator[Text]:
    state, queue = watched.state, watched.queue
    name = look.short(watched.name, 40)
    words = [] if state is None else [("  ", ""), (_STATE_WORDS[state.state], f"bold {_STATES[state.state]}")]
    waiting = f", {len(queue.pending)} waiting" if queue and (state is None or state.state is State.UP) else ""
    version = (
        f", ComfyUI {look.short(watched.stats.comfyui_version, 20)}" if watched.stats and watched.stats.comfyui_version else ""
    )
    yield row(look, look.clock(now), (name, "bold"), *words, f"{waiting}{version}")
    if state is not None and state.state is not State.UP:
        yield row(look, "", look.short(state.reason, look.room))
