"""What `comfymeter record` writes: nothing of the bytes is lost, every step keeps its time, and the reader gives it all back."""

import re
import time
from itertools import groupby

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analyzer.containers import detect
from analyzer.containers.recorded import RECORDED, written
from analyzer.families.bars import find_frame
from analyzer.lines import line_blocks
from analyzer.recording.format import Stamper, Stream, note, record
from analyzer.recording.framing import Framer, segments
from analyzer.recording.scribe import Scribe
from tests.captures import SPLIT, UNSPLIT, chunks, log_bytes
from tests.logs import events

START = 1785578400.0
STAMP = Stamper(time.gmtime)
_RECORD = re.compile(rb"\S+ (out|err|all|tty|rec)([ <][ +^][ \\])([^\n]*)\n")


def recorded(*arrivals: bytes, stream: Stream = Stream.ALL, thin: bool = True) -> bytes:
    """The records of chunks that arrive a quarter of a second after each other."""
    scribe = Scribe(stream, STAMP, thin=thin)
    records = [scribe.feed(START + number / 4, data) for number, data in enumerate(arrivals)]
    return b"".join((*records, scribe.close(START + len(arrivals) / 4)))


def rewritten(records: bytes) -> bytes:
    """What the server wrote, from the records alone."""
    assert _RECORD.sub(b"", records) == b""
    return b"".join(written(marks, text) for _, marks, text in _RECORD.findall(records))


def shown(records: bytes) -> list[str]:
    """Records without their stamps."""
    return [line.split(" ", 1)[1] for line in records.decode().splitlines()]


def read(records: bytes) -> list[tuple[int, float | None, bytes]]:
    return [
        (piece.number, None if piece.at is None else piece.at - START, piece.text)
        for piece in RECORDED.unwrap(line_blocks([records]), None)
    ]


# --- bytes to records and back ---------------------------------------------------------------------------------------

_OUTPUT = st.lists(
    st.one_of(
        st.binary(max_size=20),
        st.sampled_from(
            [b"\r", b"\n", b"\r\n", b"\x1b[A", b"\x1b[32m", b"\\x0d", b"\xe2\x96", b"\x88", b"\xf0\x9f", b"got prompt"]
        ),
    ),
    max_size=12,
)


@given(arrivals=_OUTPUT, stream=st.sampled_from(Stream))
@example(arrivals=[b"\r", b"\r", b"\n", b"\r\r\n"], stream=Stream.TTY)
@example(arrivals=[b"a\xe2", b"\x96", b"\x88 \xf0\x9f\x98"], stream=Stream.OUT)
def test_every_byte_can_be_had_back(arrivals: list[bytes], stream: Stream) -> None:
    assert rewritten(recorded(*arrivals, stream=stream, thin=False)) == b"".join(arrivals)


@pytest.mark.parametrize("session", UNSPLIT)
def test_recorded_sessions_can_be_had_back(session: str) -> None:
    assert rewritten(recorded(*(chunk.data for chunk in chunks(session)), thin=False)) == log_bytes(session)


@given(arrivals=_OUTPUT)
def test_a_record_is_safe_for_a_terminal(arrivals: list[bytes]) -> None:
    """Tabs and colours are left; nothing else of a terminal's language gets through."""
    records = recorded(*arrivals)
    rest = re.sub(rb"\x1b\[[\d;:]*m", b"", records)
    assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", rest)


@pytest.mark.parametrize(
    ("arrivals", "records"),
    [
        ([b"got prompt\n"], ["all   got prompt"]),
        ([b"a\nb\n\nc\n"], ["all   a", "all   b", "all   ", "all   c"]),
        ([b"a\r\n"], ["all ^ a"]),
        ([b"a\r", b"\nb"], ["all + a", "all ^ ", "all + b"]),
        ([b"FETCH DATA", b" [DONE]", b"\n"], ["all + FETCH DATA", "all +  [DONE]", "all   "]),
        ([b"\r 50%\r100%", b"\n"], ["all<+  50%", "all<+ 100%", "all   "]),
        ([b"50%\r", b"60%\r", b"\n"], ["all + 50%", "all<+ 60%", "all ^ "]),
        ([b"100%\r\r\n"], ["all + 100%", "all<^ "]),
        ([b"\x1b[32m[INFO]\x1b[0m x\ty\n"], ["all   \x1b[32m[INFO]\x1b[0m x\ty"]),
        ([b"\x1b[A C:\\x \x07\n"], [r"all  \\x1b[A C:\\x \x07"]),
        ([b"C:\\x0d\n"], [r"all   C:\x0d"]),
        ([b"\xe2", b"\x96\x88\n"], ["all   █"]),
        ([b"\xe2\x96"], ["all + \udce2\udc96"]),
        ([b"ok \xff\n"], ["all   ok \udcff"]),
    ],
    ids=repr,
)
def test_records(arrivals: list[bytes], records: list[str]) -> None:
    lines = recorded(*arrivals).decode("utf-8", "surrogateescape").splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == records


@given(data=st.binary(max_size=60))
def test_segments_are_the_bytes(data: bytes) -> None:
    parts = [(b"\r" if part.returned else b"") + part.text + part.end for part in segments(data)]
    assert b"".join(parts) == data


def test_only_half_a_character_or_line_end_is_kept_back() -> None:
    framer = Framer()
    assert [framer.whole(data) for data in (b"a\xe2\x96", b"\x88b\r", b"\n", b"c\xf0\x9f\x98")] == [
        b"a",
        "█b".encode(),
        b"\r\n",
        b"c",
    ]
    assert framer.rest() == b"\xf0\x9f\x98"
    assert framer.whole(b"") == b""


# --- time ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "offset", "stamp"),
    [
        (START, 0, b"2026-08-01T10:00:00.000000+00:00"),
        (START + 0.123456, 7200, b"2026-08-01T12:00:00.123456+02:00"),
        (START + 0.9999999, -12600, b"2026-08-01T06:30:01.000000-03:30"),
    ],
)
def test_stamps_are_local_with_offset(at: float, offset: int, stamp: bytes) -> None:
    def local(second: float) -> time.struct_time:
        there = time.gmtime(second + offset)
        return time.struct_time(tuple(there), {"tm_gmtoff": offset, "tm_zone": "X"})

    assert Stamper(local)(at) == stamp
    (piece,) = RECORDED.unwrap([record(stamp, b"err", b"  ", b"got prompt")], None)
    assert (piece.number, piece.text) == (1, b"got prompt")
    assert piece.at == pytest.approx(at, abs=1e-5)


def frame(step: int, clock: int = 0, *, total: int = 3, label: str = "", postfix: str = "", rate: str = "2.15it/s") -> bytes:
    return f"\r{label}{100 * step // total:3d}%|{'█' * step}| {step}/{total} [00:{clock:02d}<00:09,  {rate}{postfix}]".encode()


@pytest.mark.parametrize(
    ("arrivals", "kept"),
    [
        pytest.param([frame(0), frame(1), frame(2)], [0, 1, 2], id="each step"),
        pytest.param([frame(1, 1), frame(1, 2), frame(1, 3), frame(2, 4)], [0, 3], id="redraws between steps"),
        pytest.param([frame(1, 1), frame(1, 2), frame(1, 3), b"\n"], [0, 2, 3], id="the last redraw stays"),
        pytest.param([frame(3), frame(3, rate="2.10it/s") + b"\n"], [0, 1], id="the closing frame"),
        pytest.param([frame(1), frame(1, 1), b"got prompt\n"], [0, 1, 2], id="before a line"),
        pytest.param([frame(1), frame(1, 1, label="other: "), frame(1, 2)], [0, 1, 2], id="two bars in turn"),
        pytest.param([frame(1), frame(1, 1), frame(1, total=4)], [0, 1, 2], id="another bar begins"),
        pytest.param([frame(1), frame(1, 1, postfix=", loss=0.1"), frame(1, 2, postfix=", loss=0.1")], [0, 1, 2], id="postfix"),
        pytest.param([b"\r|", b"\r/", b"\r/", b"\r/", b"\r-"], [0, 1, 3, 4], id="no bar: only what is the same"),
        pytest.param(
            [b"\r12it [00:05,  2.40it/s]", b"\r12it [00:06,  2.40it/s]", b"\r13it [00:06,  2.40it/s]"], [0, 2], id="no total"
        ),
        pytest.param([frame(1)[:9], frame(1)[9:], frame(2)], [0, 1, 2], id="a frame in two reads"),
    ],
)
def test_redraws_are_left_out(arrivals: list[bytes], kept: list[int]) -> None:
    times = [
        at for line in recorded(*arrivals).splitlines(keepends=True) for _, at, _ in read(b"".join((line.rstrip(b"\n"), b"x\n")))
    ]
    assert times == pytest.approx([number / 4 for number in kept])
    assert len(recorded(*arrivals, thin=False).splitlines()) == len(arrivals)


_STEPS = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=30)


@given(frames=_STEPS)
def test_the_first_frame_of_every_step_keeps_its_time(frames: list[tuple[int, bool]]) -> None:
    arrivals = [frame(step, clock, total=5) + (b"\n" if ends else b"") for clock, (step, ends) in enumerate(frames)]

    def steps(records: bytes) -> list[tuple[bytes, float]]:
        found = [(match, at) for _, at, text in read(records) if (match := find_frame(text))]
        runs = groupby(found, key=lambda one: one[0]["steps"])
        return [(step, next(group)[1] or 0.0) for step, group in runs]

    assert steps(recorded(*arrivals)) == steps(recorded(*arrivals, thin=False))


# --- reading ---------------------------------------------------------------------------------------------------------


def test_pieces_have_the_number_and_time_of_the_record_they_begin_in() -> None:
    records = recorded(b"got prompt\n", b"FETCH", b" [DONE]\n", frame(0), frame(1) + b"Requested to load VAE\n", b"x\n")
    assert read(records) == [
        (1, 0.0, b"got prompt"),
        (2, 0.25, b"FETCH [DONE]"),
        (4, 0.75, frame(0)),
        (5, 1.0, frame(1) + b"Requested to load VAE"),
        (6, 1.25, b"x"),
    ]


def test_a_frame_is_given_before_anything_follows_it() -> None:
    pieces = RECORDED.unwrap(iter([recorded(frame(0)), recorded(frame(1))]), None)
    assert next(pieces).text == frame(0)


def test_streams_are_joined_apart() -> None:
    out, err = Scribe(Stream.OUT, STAMP), Scribe(Stream.ERR, STAMP)
    records = out.feed(START, b"one ") + err.feed(START + 1, b"other\n") + out.feed(START + 2, b"line\n")
    assert read(records) == [(2, 1.0, b"other"), (1, 0.0, b"one line")]


@pytest.mark.parametrize(
    ("code", "line"),
    [(137, b"Killed"), (139, b"Segmentation fault"), (134, b"Aborted"), (0, b"Stopped server"), (143, b"Stopped server")],
)
def test_the_exit_is_read_as_the_line_that_tells_of_it(code: int, line: bytes) -> None:
    words = ["comfymeter.record/1 comfymeter/1", "start pid=1", f"exit code={code} signal=X", "continued"]
    records = b"".join(note(STAMP(START), text) for text in words)
    assert read(records) == [(3, 0.0, line)]
    assert len(events(records)) == 1


def test_the_exit_comes_behind_a_line_that_has_no_end() -> None:
    records = recorded(b"half a line") + note(STAMP(START + 1), "exit code=0")
    assert read(records) == [(1, 0.0, b"half a line"), (2, 1.0, b"Stopped server")]


def test_a_killed_recording_gives_all_but_its_torn_end() -> None:
    records = recorded(b"got prompt\n", frame(0), b"\nPrompt executed in 3.04 seconds\n")
    whole = read(records)
    for end in range(len(records) + 1):
        pieces = read(records[:end])
        assert all(at is not None for _, at, _ in pieces)
        assert pieces[:-1] == whole[: max(0, len(pieces) - 1)]


def test_records_copied_through_windows_and_trimmed_by_an_editor() -> None:
    records = recorded(b"got prompt\n", b"\n", frame(0), b"\n", b"x\n")
    trimmed = b"".join(line.rstrip() + b"\r\n" for line in records.splitlines())
    assert detect(trimmed) is RECORDED
    assert read(trimmed) == read(records)


def test_another_program_s_line_between_records_is_kept() -> None:
    records = recorded(b"got prompt\n") + b"logrotate was here\n" + recorded(b"x\n")
    assert read(records) == [(1, 0.0, b"got prompt"), (2, None, b"logrotate was here"), (3, 0.0, b"x")]


def test_split_sessions_are_told_apart_in_one_recording() -> None:
    for session in SPLIT:
        scribes = {"stdout": Scribe(Stream.OUT, STAMP, thin=False), "stderr": Scribe(Stream.ERR, STAMP, thin=False)}
        rows = [(name, chunk) for name in scribes for chunk in chunks(session, name)]
        rows.sort(key=lambda row: row[1].at)
        records = b"".join(scribes[name].feed(chunk.at, chunk.data) for name, chunk in rows)
        for name, stream in (("stdout", b"out"), ("stderr", b"err")):
            mine = b"".join(line for line in records.splitlines(keepends=True) if line.split(b" ")[1][:3] == stream)
            assert rewritten(mine) == log_bytes(session, name)
