"""Kubernetes (CRI): `{time} stdout|stderr P|F {text}`; P marks a part of a line, F its last part."""

import re
from collections.abc import Iterable, Iterator
from functools import partial

from analyzer.containers.base import Container, Head, Stamps, Zone, message_pieces, whole_lines
from analyzer.containers.clocks import Clock
from analyzer.containers.records import PartJoiner
from analyzer.lines import Piece

_PREFIX = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d):(\d\d(?:\.\d+)?)(Z|[+-]\d\d:\d\d) (stdout|stderr) ([PF])(?::\w+)*(?: |\r?$)")


def unwrap(blocks: Iterable[bytes], zone: Zone) -> Iterator[Piece]:
    """One piece per line of the container's output; its parts are joined per stream."""
    clock, joiner = Clock(zone), PartJoiner()
    for number, line in whole_lines(blocks):
        found = _PREFIX.match(line)
        if not found:
            yield from message_pieces(number, None, line)
            continue
        minute, seconds, offset, stream, part = found.groups()
        at, text = clock.at(minute, seconds, offset), line[found.end() :]
        yield from joiner.feed(stream, number, at, text, whole=part == b"F")
    yield from joiner.close()


CRI = Container(
    name="cri",
    stamps=Stamps.AWARE,
    example="2026-08-01T10:00:00.123456789Z stderr F got prompt",
    meaning="a Kubernetes container's log file (containerd, CRI-O)",
    matches=partial(Head.share, pattern=_PREFIX),
    unwrap=unwrap,
    late_bars=True,
)
