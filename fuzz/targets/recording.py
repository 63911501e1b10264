"""Bytes that a server writes, through `comfymeter record`'s format and back."""

import random

from analyzer.containers.recorded import GOES_ON, LF, NO_RETURN, RETURN, written
from analyzer.recording.format import HARMFUL, Stamper, Stream, record
from fuzz import reads, seeds
from fuzz.base import Target, demand
from fuzz.invariants import check_reading

_MOST_PIECES = 200


def check(data: bytes) -> None:
    """Written down in pieces and put together again, it is what it was; and what was recorded can be read."""
    chance, stamp, place, log = random.Random(seeds.choice(data, 1000)), Stamper(), 0, b""
    for number in range(_MOST_PIECES):
        part = data[place : place + chance.choice((1, 10, 100))]
        place += len(part)
        marks = RETURN + GOES_ON if chance.random() < 0.2 else NO_RETURN + (LF if chance.random() < 0.5 else GOES_ON)
        line = record(stamp(1785578400.0 + number), Stream.ALL.value, marks, part)
        log += line
        # Stamp, space, stream, then three marks.
        head = line.index(b" all") + len(b" all")
        read = written(line[head : head + 3], line[head + 3 : -1])
        expected = (b"\r" if marks[:1] == RETURN else b"") + part + (b"" if marks[1:] == GOES_ON else b"\n")
        demand(read == expected, f"{part!r} comes back as {read!r}")
        demand(not HARMFUL.search(line[:-1]), f"{line!r} would harm a terminal")
    whole = reads.read(log)
    if not isinstance(whole, str):
        check_reading(whole, in_order=False)


RECORDING = Target(
    name="recording",
    what="what `record` writes down, and back",
    seeds=lambda: seeds.excerpts(2048, each=3),
    check=check,
    most_bytes=2048,
    words=(b"\x1b[31m", b"\\x1b", b"\\\\", b"\r\n", b"\0"),
)
