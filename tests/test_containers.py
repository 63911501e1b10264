"""Containers: every form gives the same text back, says the right time, and survives being cut anywhere."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analyzer.containers import CONTAINERS, Container, Stamps, detect
from analyzer.containers.clocks import Clock, YearlessClock
from analyzer.containers.line_forms import COMPOSE, COMPOSE_STAMPED
from analyzer.lines import MAX_LINE_BYTES, Piece, line_blocks, strip_controls
from tests import containers_encode as encode

CAPTURES = Path(__file__).parent / "captures"

BAR = "\r  0%|          | 0/3 [00:00<?, ?it/s]\r100%|██████████| 3/3 [00:01<00:00,  2.15it/s]".encode()
LOG = [
    (1785578400.0, b"Total VRAM 24576 MB, total RAM 28562 MB"),
    (1785578400.25, b""),
    (1785578401.5, b"got prompt"),
    (1785578402.0, b'  File "execution.py", line 496, in execute: it\'s | a - pipe'),
    (1785578403.0, BAR),
    (1785578404.0, "❌ ComfyUI 편집 실패: 작업 타임아웃".encode()),
    (1785578405.0, b"Prompt executed in 3.04 seconds"),
]


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def container(name: str) -> Container:
    return next(container for container in CONTAINERS if container.name == name)


def read(data: bytes, *, zone: ZoneInfo | None = None) -> list[Piece]:
    return list(detect(data).unwrap(line_blocks([data]), zone))


def texts(pieces: Iterable[Piece]) -> list[bytes]:
    return [piece.text for piece in pieces]


def slabs(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


# --- every container -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", CONTAINERS, ids=lambda one: f"{one.name}-{one.stamps}")
def test_the_example_is_recognised_and_unwrapped(one: Container) -> None:
    data = one.example.encode() + b"\n"
    assert one.meaning
    assert detect(data) is one
    (piece,) = one.unwrap([data], None)
    assert piece.text.removeprefix(b"[INFO] ") in (b"got prompt", b"Prompt executed in 111.18 seconds")
    assert (piece.at is None) == (one.stamps is Stamps.NONE)


@pytest.mark.parametrize("name", encode.ENCODERS)
def test_round_trip(name: str) -> None:
    data = encode.ENCODERS[name](LOG)
    assert detect(data).name == name
    pieces = read(data)
    assert texts(pieces) == texts(Piece(0, at, line) for at, line in LOG)
    if detect(data).stamps is not Stamps.NONE and name not in ("ts", "journald-short"):
        assert [piece.at for piece in pieces] == pytest.approx([at for at, _ in LOG], abs=1e-3)


@pytest.mark.parametrize("form", [encode.windows, encode.bug_report_of_prints, encode.compose, encode.compose_stamped])
def test_round_trip_of_other_forms(form: Callable[[encode.Stamped], bytes]) -> None:
    assert texts(read(form(LOG))) == [line for _, line in LOG]


@pytest.mark.parametrize("name", encode.ENCODERS)
def test_a_file_cut_at_any_byte_gives_what_came_before(name: str) -> None:
    data = encode.ENCODERS[name](LOG)
    one, whole = container(name), texts(read(data))
    for end in range(len(data)):
        got = texts(one.unwrap(line_blocks([data[:end]]), None))
        kept = [text for text, full in zip(got, whole, strict=False) if text == full]
        assert len(kept) >= len(got) - 1  # at most the last is cut


_LINE = st.one_of(
    st.sampled_from([line for _, line in LOG]),
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30).map(str.encode),
    st.just(BAR * 250),  # over 16 KiB: in parts in Docker and Kubernetes, the cut inside a glyph
)


@given(
    lines=st.lists(_LINE, min_size=1, max_size=12),
    size=st.integers(1, 20000),
    name=st.sampled_from(sorted(encode.ENCODERS)),
)
@example(lines=[BAR * 250], size=16 * 1024, name="docker-json")
@settings(max_examples=150, deadline=None)
def test_round_trip_in_chunks_of_any_size(lines: list[bytes], size: int, name: str) -> None:
    log = [(1785578400.0 + number, line) for number, line in enumerate(lines)]
    data = encode.ENCODERS[name](log)
    pieces = list(container(name).unwrap(line_blocks(slabs(data, size)), None))
    assert texts(pieces) == lines


@given(data=st.binary(max_size=300), start=st.sampled_from(CONTAINERS), size=st.integers(1, 60))
@settings(max_examples=200, deadline=None)
def test_never_raises(data: bytes, start: Container, size: int) -> None:
    """Whatever follows a container's own start, and whichever container it is taken for."""
    for one in CONTAINERS:
        pieces = list(one.unwrap(line_blocks(slabs(start.example.encode() + data, size)), None))
        assert all(b"\n" not in piece.text for piece in pieces)


@pytest.mark.parametrize("one", CONTAINERS, ids=lambda one: f"{one.name}-{one.stamps}")
def test_a_line_without_end_stays_bounded(one: Container) -> None:
    """30 MiB without a line end: no piece beyond what a record may hold."""
    chunk = b"x" * (1 << 20)
    blocks = line_blocks(iter([one.example.encode(), *[chunk] * 30]))
    assert max((len(piece.text) for piece in one.unwrap(blocks, None)), default=0) <= 10 * MAX_LINE_BYTES


@pytest.mark.parametrize("name", encode.ENCODERS)
@pytest.mark.parametrize("session", ["S1-simple", "S4-failures", "S7c-ansi-in-pipe"])
def test_round_trip_of_recorded_sessions(session: str, name: str) -> None:
    rows = map(json.loads, (CAPTURES / session / "arrivals.jsonl").read_text().splitlines())
    times = [(row["t"], row.get("text", "").encode()) for row in rows]
    end, ends = 0, []
    for at, text in times:
        end += len(text)
        ends.append((end, at))
    raw = strip_controls(b"".join(text for _, text in times))
    lines = [line.rstrip(b"\r") for line in raw.removesuffix(b"\n").split(b"\n")]
    log = [(ends[min(number, len(ends) - 1)][1], line) for number, line in enumerate(lines)]
    data = encode.ENCODERS[name](log)
    assert texts(container(name).unwrap(line_blocks(slabs(data, 16 * 1024)), None)) == lines


@pytest.mark.parametrize("path", sorted(CAPTURES.glob("*/internal_logs_raw*.json")), ids=lambda path: path.parent.name)
def test_recorded_internal_logs(path: Path) -> None:
    entries = json.loads(path.read_text())["entries"]
    pieces = read(path.read_bytes())
    said = strip_controls("".join(entry["m"] for entry in entries).encode()).replace(b"\r", b"").replace(b"\n", b"")
    assert b"".join(texts(pieces)).replace(b"\r", b"").replace(b" ", b"") == said.replace(b" ", b"")
    assert all(piece.at for piece in pieces)


# --- bug reports -----------------------------------------------------------------------------------------------------

_T = "2026-05-17T20:12:"


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        pytest.param(
            f"{_T}03 - \r100%|█| 2/2 [00:49<00:00]{_T}04.9 - x\n",
            [(1, "03", f"\r100%|█| 2/2 [00:49<00:00]{_T}04.9 - x")],
            id="a stamp that isoformat does not write",
        ),
        pytest.param(
            f"{_T}03.857531 - \r100%|█| 2/2 [00:48<00:00]{_T}04.858168 - \r100%|█| 2/2 [00:48<00:00]{_T}05 - \n{_T}06 - a\n",
            [(1, "03.857531", "\r100%|█| 2/2 [00:48<00:00]"), (1, "04.858168", "\r100%|█| 2/2 [00:48<00:00]"), (2, "06", "a")],
            id="frames",
        ),
        pytest.param(
            f"{_T}03.857531 - \n100%|█| 2/2 [00:48<00:00]{_T}04.858168 - \n100%|█| 2/2 [00:48<00:00]{_T}05 - \n{_T}06 - a\n",
            [
                (1, "03.857531", ""),
                (2, "03.857531", "100%|█| 2/2 [00:48<00:00]"),
                (3, "04.858168", "100%|█| 2/2 [00:48<00:00]"),
                (4, "06", "a"),
            ],
            id="pasted frames have the stamp at the end of the line before",
        ),
        pytest.param(
            f"{_T}03.100000 - FizzleDorf Custom Nodes: Loaded{_T}03.200000 - \n",
            [(1, "03.100000", "FizzleDorf Custom Nodes: Loaded")],
            id="print of two writes",
        ),
        pytest.param(
            f"{_T}03.100000 - FETCH DATA from: x{_T}03.200000 -  {_T}09.200000 - [DONE]{_T}09.200001 - \n",
            [(1, "03.100000", "FETCH DATA from: x [DONE]")],
            id="print of four writes",
        ),
        pytest.param(
            f"{_T}03 - \r 33%|█| 1/3 [00:00<00:00]{_T}04 - Requested to load VAE\n",
            [(1, "03", "\r 33%|█| 1/3 [00:00<00:00]"), (1, "04", "Requested to load VAE")],
            id="line glued to a frame",
        ),
        pytest.param(
            f"{_T}03 - !!! Exception\nTraceback:\n  File x\n{_T}04 - got prompt\n",
            [(1, "03", "!!! Exception"), (2, "03", "Traceback:"), (3, "03", "  File x"), (4, "04", "got prompt")],
            id="lines of one write share its stamp",
        ),
        pytest.param(
            f"## Logs\n{_T}03 -\n{_T}04 - a\n\n", [(1, None, "## Logs"), (2, "03", ""), (3, "04", "a"), (4, "04", "")],
            id="text before, trimmed blank, blank behind",
        ),
        pytest.param(f"{_T}03 - a\r\n{_T}04 - b\r\n", [(1, "03", "a"), (2, "04", "b")], id="CRLF"),
    ],
)  # fmt: skip
def test_bug_report(report: str, expected: list[tuple[int, str | None, str]]) -> None:
    got = list(container("bug-report").unwrap(line_blocks([report.encode()]), None))
    want = [(number, at(_T + seconds) if seconds else None, text) for number, seconds, text in expected]
    assert [(piece.number, piece.at, piece.text.decode()) for piece in got] == [
        (number, pytest.approx(stamp) if stamp else None, text) for number, stamp, text in want
    ]


# --- Manager ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("[2025-10-11 13:54:10.638] got prompt", [("2025-10-11T13:54:10.638", "got prompt")]),
        ("[2024-02-21 07:38] got prompt", [("2024-02-21T07:38", "got prompt")]),
        ("[2024-02-21 07:31]", [("2024-02-21T07:31", "")]),
        ("[2024-02-21 07:31] ", [("2024-02-21T07:31", "")]),
        ("[2024-02-21 07:31] [2024-02-21 07:32] got prompt", [("2024-02-21T07:32", "got prompt")]),
        ("\r100%|█| 2/2 [00:48<00:00, 2it/s]", [(None, "\r100%|█| 2/2 [00:48<00:00, 2it/s]")]),
        (
            "\r100%|█| 2/2 [00:48<00:00, 2it/s][2024-02-21 07:32] got prompt",
            [(None, "\r100%|█| 2/2 [00:48<00:00, 2it/s]"), ("2024-02-21T07:32", "got prompt")],
        ),
        ("[1708500000.25] got prompt", [("2024-02-21T07:20:00.25", "got prompt")]),
        ("[2024-99-99 07:38] got prompt", [(None, "got prompt")]),
        ("  File x", [(None, "  File x")]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_manager(line: str, expected: list[tuple[str | None, str]]) -> None:
    got = list(container("manager").unwrap([line.encode() + b"\r\n"], None))
    assert [(piece.at, piece.text.decode()) for piece in got] == [
        (at(stamp) if stamp else None, text) for stamp, text in expected
    ]


def test_manager_is_recognised_behind_lines_without_prefix() -> None:
    start = b"## ComfyUI-Manager: installing dependencies done.\r\n" * 5 + b"Prestartup times for custom nodes:\n" * 3
    assert detect(start + b"[2025-08-23 20:11:55.756] ** Platform: Windows\r\n" * 4).name == "manager"


def test_a_few_stamped_lines_of_a_library_do_not_make_a_container() -> None:
    nunchaku = b"[2024-12-25 14:49:43.765] [info] Initializing QuantizedFluxModel on device 0\n"
    assert detect(b"got prompt\n" * 10 + nunchaku * 6 + b"Prompt executed in 3 seconds\n" * 3).name == "raw"


# --- records in parts ------------------------------------------------------------------------------------------------


def test_docker_json_joins_the_parts_of_a_line_per_stream() -> None:
    def record(text: str, stream: str, second: int) -> str:
        return json.dumps({"log": text, "stream": stream, "time": f"2026-08-01T10:00:0{second}Z"}) + "\n"

    data = record("\r 50%|", "stderr", 1) + record("hello\n", "stdout", 2) + record("█| 1/2\n", "stderr", 3)
    first, second = read(data.encode())
    assert first == Piece(2, at("2026-08-01T10:00:02"), b"hello")
    assert second == Piece(1, at("2026-08-01T10:00:03"), "\r 50%|█| 1/2".encode())


def test_cri_joins_the_parts_of_a_line_per_stream() -> None:
    data = (
        b"2026-08-01T10:00:01.5+02:00 stderr P one \n"
        b"2026-08-01T10:00:02.5+02:00 stdout F other\n"
        b"2026-08-01T10:00:03.5+02:00 stderr F line\n"
    )
    assert read(data) == [
        Piece(2, at("2026-08-01T08:00:02.5"), b"other"),
        Piece(1, at("2026-08-01T08:00:03.5"), b"one line"),
    ]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ('"got prompt"', [b"got prompt"]),
        ("[13,53,48,37,124,226,150,136,124]", ["\r50%|█|".encode()]),
        ("[27,91,51,50,109,91,73,78,70,79,93,27,91,48,109,32,120]", [b"[INFO] x"]),
        ("null", []),
        ('"two\\nlines"', [b"two", b"lines"]),
        ('["field", "twice"]', [b"field twice"]),
        ("[999]", [b""]),
    ],
)
def test_journald_json_messages(message: str, expected: list[bytes]) -> None:
    line = f'{{"__REALTIME_TIMESTAMP":"1785578400123456","MESSAGE":{message},"_PID":"7"}}\n'
    pieces = read(line.encode())
    assert texts(pieces) == expected
    assert all(piece.at == pytest.approx(1785578400.123456) for piece in pieces)


def test_journald_json_joins_lines_that_were_too_long() -> None:
    form = '{{"__REALTIME_TIMESTAMP":"1","MESSAGE":"{}","_STREAM_ID":"s"{}}}\n'
    data = form.format("one ", ',"_LINE_BREAK":"line-max"') + form.format("line", "")
    assert texts(read(data.encode())) == [b"one line"]


def test_pino_lines_among_the_server_s_own() -> None:
    data = b'{"level":30,"time":1785578400500,"msg":"Starting ComfyUI"}\n' + b"got prompt\n" * 20
    first, second, *_ = read(data)
    assert first == Piece(1, 1785578400.5, b"Starting ComfyUI")
    assert second == Piece(2, None, b"got prompt")


def test_internal_logs_keep_the_entries_around_a_broken_one() -> None:
    good = '{"t":"2026-08-01T10:00:0%d","m":"%s\\n"}'
    data = '{"entries":[' + good % (1, "a") + ',{"t":"2026", "m":oops},' + good % (3, "c") + ',{"t":"2026-08'
    assert read(data.encode()) == [Piece(1, at("2026-08-01T10:00:01"), b"a"), Piece(2, at("2026-08-01T10:00:03"), b"c")]


# --- lines and their ends --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r\r\n"])
def test_line_ends_leave_nothing_and_frames_keep_their_cr(end: bytes) -> None:
    assert read(b"a" + end + end + b"\rb\rc" + end + b"d") == [
        Piece(1, None, b"a"),
        Piece(2, None, b""),
        Piece(3, None, b"\rb\rc"),
        Piece(4, None, b"d"),
    ]


@pytest.mark.parametrize("one", [container("raw"), container("docker-logs"), COMPOSE], ids=lambda one: one.name)
def test_the_parts_of_an_over_long_line_share_number_and_stamp(one: Container) -> None:
    start = one.example.encode()
    pieces = list(one.unwrap([start, b"\rmore", b"\rend\n", b"next"], None))
    assert [piece.number for piece in pieces] == [1, 1, 1, 2]
    assert len({piece.at for piece in pieces[:3]}) == 1


def test_colours_around_a_compose_prefix() -> None:
    data = b"\x1b[36mcomfyui-1  | \x1b[0m2026-08-01T10:00:00Z \x1b[32m[INFO]\x1b[0m got prompt\n"
    assert detect(data) is COMPOSE_STAMPED
    assert read(data) == [Piece(1, at("2026-08-01T10:00:00"), b"[INFO] got prompt")]


def test_terminal_captures_lose_their_codes() -> None:
    data = b"\x1b]0;title\x07\x1b[?25l\x1b[2K\rUpdated: x\r\n\router:   0%|\r\n\rinner:   0%|\x1b[A\r\n"
    assert detect(data).name == "terminal"
    assert texts(read(data)) == [b"\rUpdated: x", b"\router:   0%|", b"\rinner:   0%|"]


# --- time ------------------------------------------------------------------------------------------------------------


def test_stamps_without_a_zone_are_put_into_the_given_one() -> None:
    line = b"[2026-07-01 12:00:00.500] got prompt\n"
    assert [piece.at for piece in read(line)] == [at("2026-07-01T12:00:00.5")]
    assert [piece.at for piece in read(line, zone=ZoneInfo("Asia/Seoul"))] == [at("2026-07-01T03:00:00.5")]


def test_the_hour_that_autumn_repeats_is_read_twice() -> None:
    clock = Clock(ZoneInfo("Europe/Berlin"))
    stamps = [clock.at(minute, b"00") for minute in (b"2026-10-25 02:10", b"2026-10-25 02:50", b"2026-10-25 02:10")]
    assert stamps == [at("2026-10-25T00:10"), at("2026-10-25T00:50"), at("2026-10-25T01:10")]


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("2026-08-01T10:00:00.123456789Z", "2026-08-01T10:00:00.123456"),
        ("2026-08-01T10:00:00Z", "2026-08-01T10:00:00"),
        ("2026-08-01T10:00:00.5+02:00", "2026-08-01T08:00:00.5"),
        ("2026-08-01T10:00:00.5-0730", "2026-08-01T17:30:00.5"),
    ],
)
def test_stamps_with_offset(stamp: str, expected: str) -> None:
    (piece,) = read(f"{stamp} got prompt\n".encode())
    assert piece.at == pytest.approx(at(expected), abs=1e-6)


def test_stamps_without_a_year_go_on_over_new_year_and_back_for_a_late_line() -> None:
    clock = YearlessClock()
    first, second, late = (
        clock.at(day, hours, b"59", b"59.5") for day, hours in ((b"Dec 31", b"23"), (b"Jan  1", b"00"), (b"Dec 31", b"23"))
    )
    assert first is not None
    assert second == first + 3600
    assert late == first
    assert clock.at(b"Foo  1", b"00", b"00", b"00") is None


def test_internal_logs_nested_without_end_are_no_crash() -> None:
    data = b'{"entries": [{"t": ' + b"[" * 100_000 + b"\n"

    assert read(data) == []
