"""Where the first inputs come from: the recorded sessions, the sample logs, and other people's logs where they are at hand."""

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from analyzer.containers import CONTAINERS
from analyzer.families import FAMILIES

_ROOT = Path(__file__).parent.parent
_CAPTURES = _ROOT / "tests" / "captures"
_PLACES = (_ROOT / "sample_logs", _ROOT.parent / "shared" / "realworld", _ROOT.parent.parent / "shared" / "realworld")


@cache
def logs() -> tuple[bytes, ...]:
    """Whole logs."""
    files = [path for place in _PLACES for path in sorted(place.glob("*.log"))]
    return (*(path.read_bytes() for path in files), *map(_session, sorted(_CAPTURES.glob("*/arrivals.jsonl"))))


def _session(path: Path) -> bytes:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return b"".join(row["text"].encode() if "text" in row else base64.b64decode(row["b64"]) for row in rows)


def examples() -> Iterator[bytes]:
    """A real line of every wording, alone and in a run, and of every container."""
    for _, family in FAMILIES:
        for wording in family:
            yield f"got prompt\n{wording.example}\nPrompt executed in 70.00 seconds\n".encode()
    for container in CONTAINERS:
        yield container.example.encode() + b"\n"


def excerpts(most_bytes: int, of: Sequence[bytes] | None = None, each: int = 8) -> Iterator[bytes]:
    """Parts of whole lines of every log, short enough to be mutated."""
    for log in logs() if of is None else of:
        for place in range(each):
            start = log.find(b"\n", len(log) * place // each) + 1
            part = log[start : start + most_bytes // 2]
            yield part[: part.rfind(b"\n") + 1] or part


def choice(data: bytes, count: int) -> int:
    """A number below `count` that an input always has; inputs stay what they are, without bytes that steer."""
    return zlib.crc32(data) % count


def words(lines: Iterable[bytes], most: int = 400) -> tuple[bytes, ...]:
    """Words of these lines, for the fuzzer to put in between."""
    found = dict.fromkeys(word for line in lines for word in line.split() if 3 <= len(word) <= 40)
    return tuple(found)[:most]
