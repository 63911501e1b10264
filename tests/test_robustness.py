"""Nothing that a file can hold makes comfymeter fail, and how it is cut on its way in changes nothing."""

import io
import math
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.analysis import SourceInfo
from analyzer.containers import CONTAINERS, detect
from analyzer.errors import SourceError
from analyzer.families import FAMILIES
from analyzer.front import analyze
from analyzer.lines import line_blocks
from analyzer.reading import LogReader, LogReading
from analyzer.renderers.base import Options
from analyzer.renderers.json_report import render
from tests.captures import SESSIONS, log_bytes
from tests.logs import read, sampler

EXAMPLES = [wording.example for _, family in FAMILIES for wording in family]
LINES = st.one_of(
    st.sampled_from(EXAMPLES),
    st.sampled_from(
        ["got prompt", "Prompt executed in 70.00 seconds", "Requested to load Flux", "", sampler(), sampler(steps=4)]
    ),
    st.sampled_from([container.example for container in CONTAINERS]),
    st.text(max_size=60),
)


def check(reading: LogReading) -> None:
    """What holds for every reading."""
    for run in reading.runs:
        total = run.total_seconds
        if run.phases and total is not None:
            assert math.isclose(sum(time.seconds for time in run.phases), total, rel_tol=1e-9)
        assert all(time.seconds >= -1e-6 for time in run.phases)
        assert run.duration_seconds is None or run.observed_seconds is None
        assert run.queue_seconds is None or run.queue_seconds >= 0
    requests = reading.requests
    assert requests.received >= requests.unresolved
    assert 0 <= reading.unparsed.lines <= reading.unparsed.of_lines


@given(st.lists(LINES, max_size=40), st.sampled_from(["\n", "\r\n", "\r"]))
def test_any_lines_in_any_order_give_a_report(lines: list[str], end: str) -> None:
    check(read(end.join(lines).encode("utf-8", "replace")))


def said(log: Path | list[str] | list[bytes]) -> str:
    """The report as JSON, or why there is none, without the log's name."""
    try:
        text = render(analyze(log), Options())
    except SourceError as error:
        text = str(error)
    return text.replace(str(log), "lines")


@given(st.one_of(st.binary(max_size=2000), st.lists(LINES, max_size=40).map(lambda lines: "\n".join(lines).encode())))
def test_any_bytes_give_a_reading_from_a_file_or_as_lines(data: bytes) -> None:
    check(read(data))
    if data:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "x"
            path.write_bytes(data)
            assert said(data.split(b"\n")) == said(list(io.BytesIO(data))) == said(path)


@given(st.data())
@settings(max_examples=30)
def test_damaged_captures_give_a_reading(data: st.DataObject) -> None:
    session = data.draw(st.sampled_from(SESSIONS))
    log = bytearray(log_bytes(session))
    for _ in range(data.draw(st.integers(1, 20))):
        start = data.draw(st.integers(0, len(log) - 1))
        log[start : start + data.draw(st.integers(0, 50))] = data.draw(st.binary(max_size=50))

    check(read(bytes(log)))


def read_in_chunks(data: bytes, sizes: random.Random) -> LogReading:
    def chunks() -> "list[bytes]":
        parts, position = [], 0
        while position < len(data):
            size = sizes.randint(1, 5000)
            parts.append(data[position : position + size])
            position += size
        return parts

    reader = LogReader()
    reader.read("log", detect(data[:65536]).unwrap(line_blocks(chunks()), None), lambda: SourceInfo(name="log"))
    return reader.result()


@pytest.mark.parametrize("session", SESSIONS)
def test_how_the_bytes_arrive_changes_nothing(session: str) -> None:
    data = log_bytes(session)
    whole = read_in_chunks(data, random.Random(0))

    for seed in range(1, 4):
        assert read_in_chunks(data, random.Random(seed)) == whole


@pytest.mark.long
@pytest.mark.parametrize("session", ["S1-simple", "S4-failures"])
def test_cutting_at_every_byte(session: str) -> None:
    data = log_bytes(session)
    for cut in range(len(data)):
        check(read(data[:cut]))
