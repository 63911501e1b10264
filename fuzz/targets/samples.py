"""Files of VRAM samples beside a log to figures of its runs."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from analyzer.logs import ReadOptions, read_logs
from analyzer.reading import LogReading
from analyzer.report import Question, build_report
from analyzer.sampled import with_samples
from fuzz.base import Target
from fuzz.documents import check_json
from fuzz.files import written

_SAMPLES = Path(__file__).parent.parent.parent / "sample_logs"
_LOG = _SAMPLES / "stamped-with-vram.log"
_SMI = b"""timestamp, index, uuid, name, memory.used [MiB], memory.total [MiB], utilization.gpu [%], power.draw [W]
2026/08/01 10:00:00.123, 0, GPU-1, NVIDIA GeForce RTX 4090, 1200 MiB, 24564 MiB, 97 %, 300.10 W
2026/08/01 10:00:01.123, 0, GPU-1, NVIDIA GeForce RTX 4090, [N/A], 24564 MiB, 0 %, [Not Supported]
"""


def check(data: bytes) -> None:
    """Lays them beside a stamped log."""
    path = written(data, "fuzz.vram.csv")
    readings = with_samples([_reading()], (str(path),), None, beside=False)
    check_json(build_report(readings, Question(), advice=False))


@cache
def _reading() -> LogReading:
    return read_logs([str(_LOG)], ReadOptions())[0]


def _seeds() -> Iterator[bytes]:
    lines = Path(f"{_LOG}.vram.csv").read_bytes().splitlines(keepends=True)
    head = [line for line in lines[:4] if line.startswith((b"#", b"time", b"at"))]
    for start in range(0, len(lines), max(1, len(lines) // 20)):
        yield b"".join([*head, *lines[start : start + 20]])
    yield _SMI
    yield b"".join(_SMI.splitlines(keepends=True)[1:])


SAMPLES = Target(
    name="samples",
    what="VRAM samples beside a log",
    seeds=_seeds,
    check=check,
    words=(b"MiB", b"[N/A]", b"nan", b"inf", b"1e999", b"-1", b",,", b"9" * 30, b"\n2026/08/01 10:00:05.0, "),
)
