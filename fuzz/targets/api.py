"""Answers and messages of a ComfyUI server to metrics, status and history."""

from functools import partial

from fuzz.api import NAMES, play
from fuzz.api_seeds import messages, scripts
from fuzz.base import Target
from fuzz.json_mutator import mutate_lines

_MOST_BYTES = 12_000

API = Target(
    name="api",
    what="answers and messages of a server to metrics, status and history",
    seeds=lambda: scripts(_MOST_BYTES // 2),
    check=play,
    most_bytes=_MOST_BYTES,
    words=tuple(f"\n{name} ".encode() for name in NAMES),
    mutator=partial(mutate_lines, named=True),
)
WEBSOCKET = Target(
    name="websocket",
    what="messages of a server alone",
    seeds=lambda: messages(_MOST_BYTES // 2),
    check=partial(play, messages_only=True),
    most_bytes=_MOST_BYTES,
    words=(b'"type"', b'"data"', b'"logs"', b'"entries"', b'"progress_state"', b'"nodes"', b'"status"'),
    mutator=partial(mutate_lines, named=False),
)
