"""Bytes of a log to runs with budgets: any bytes can be read, and how they arrive changes nothing."""

from analyzer.containers.plain import RAW, TERMINAL
from analyzer.reading import LogReading
from fuzz import reads, seeds
from fuzz.base import Target, demand
from fuzz.invariants import check_reading

# The head of a file is gathered whatever its pieces; behind one that says nothing the pieces matter.
_BLANK_HEAD = b"\n".join([b" " * 1023] * 64) + b"\n"


def check(data: bytes) -> None:
    """Reads it at once and in pieces."""
    whole = reads.read(data)
    if not isinstance(whole, str):
        check_reading(whole, in_order=_is_plain(whole))
    demand(reads.read(data, seed=seeds.choice(data, 1000)) == whole, "other pieces give another reading")
    if seeds.choice(data, 4) == 0 and _is_utf8(data):
        late = _BLANK_HEAD + data
        demand(reads.read(late, seed=seeds.choice(data, 1000)) == reads.read(late), "other pieces give another late reading")


def _is_plain(reading: LogReading) -> bool:
    """Records of other containers may go on behind others."""
    return all(source.container in (RAW.name, TERMINAL.name) for source in reading.sources)


def _is_utf8(data: bytes) -> bool:
    """Another encoding is guessed from what has arrived when it shows, so that a live log need not wait."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


PARSING = Target(
    name="parsing",
    what="bytes of a log to runs",
    seeds=lambda: (*seeds.examples(), *seeds.excerpts(4096)),
    check=check,
    words=seeds.words(seeds.examples()),
)
