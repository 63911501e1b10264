"""Logs in every container to runs, from files and as they grow."""

import json
import random
from collections.abc import Iterator

from analyzer.containers import CONTAINERS, Container
from analyzer.containers.base import Stamps
from exporters.live_runs.log_events import LogEvents
from exporters.observations import LogText
from fuzz import reads, seeds
from fuzz.base import Target, demand
from fuzz.invariants import check_reading

_MESSAGES = ("got prompt", "Prompt executed in 111.18 seconds")
_LINES = 12


def check(data: bytes) -> None:
    """Reads it as a file at once, in pieces, and live."""
    whole = reads.read(data)
    if not isinstance(whole, str):
        check_reading(whole, in_order=False)
    chance = random.Random(seeds.choice(data, 1000))
    demand(reads.read(data, seed=chance.randrange(1000)) == whole, "other pieces give another reading")
    events, place = LogEvents(), 0
    while place < len(data):
        size = chance.choice((1, 10, 100, 1000))
        for _ in events.feed(LogText(at=1785578400.0 + place, data=data[place : place + size], backlog=chance.random() < 0.1)):
            pass
        place += size
    events.close()


def _wrapped() -> Iterator[bytes]:
    """Parts of logs, each in every container whose example shows where the message is."""
    excerpts = list(seeds.excerpts(2048, each=2))
    for place, container in enumerate(CONTAINERS):
        message = next(one for one in _MESSAGES if one in container.example)
        yield container.example.encode()
        for text in excerpts[place % 5 :: 5]:
            yield b"".join(_record(container, message, line) for line in text.splitlines()[:_LINES])


def _record(container: Container, message: str, line: bytes) -> bytes:
    text = line.decode("utf-8", "replace")
    shown = json.dumps(text)[1:-1] if container.example.lstrip().startswith("{") else text
    return container.example.replace(message, shown).encode() + b"\n"


CONTAINER = Target(
    name="containers",
    what="logs in every container, from files and live",
    seeds=_wrapped,
    check=check,
    words=(
        *dict.fromkeys(one.example.encode() for one in CONTAINERS if one.stamps is not Stamps.NONE),
        *(b"got prompt\n", b"\\r", b"\\u0000", b"\\ud83c", b"__REALTIME_TIMESTAMP=", b"MESSAGE\n", b" P ", b" F ", b"err <+ "),
    ),
)
