"""One log cut into parts and read by several processes: the report of one that read it all, byte for byte."""

import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.carrying import Residents
from analyzer.engines import LocalEngine, OnRead, Whole, local
from analyzer.engines.parts import PartsReader, can_be_cut
from analyzer.logs import ReadOptions, read_logs
from analyzer.reading import LogReader, LogReading
from analyzer.renderers.base import Options
from analyzer.renderers.json_report import render
from analyzer.report import Question, build_report
from analyzer.runs.table import MANY_RUNS, RunTable
from analyzer.sources import LogGroup, LogStream
from analyzer.sources.cutting import Sizes
from benchmarks.generate import SHAPES
from tests.captures import SESSIONS, log_bytes
from tests.logs import log, sampler
from tests.samples import SAMPLES

REALWORLD = sorted((Path(__file__).parent.parent.parent / "shared" / "realworld").glob("*.log"))
MESSAGES = {"S6b-log-stdout-split": "stdout", "S6c-default-split": "stderr", "S6d-unbuffered-split": "stderr"}
CAPTURES = [log_bytes(session, MESSAGES.get(session)) for session in SESSIONS]

START = log(
    "Total VRAM 24082 MB, total RAM 64186 MB", "Set vram state to: NORMAL_VRAM", "ComfyUI version: 0.12.0", "Starting server"
)
REFUSED = log(
    "got prompt",
    "invalid prompt: {'type': 'prompt_no_outputs', 'message': 'Prompt has no outputs', 'details': '', 'extra_info': {}}",
)
BRIEF = log("got prompt", sampler(), "Prompt executed in 67.50 seconds")


class Here(Executor):
    """Does at once what another process would do, with copies of what would be sent."""

    def submit(self, call: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(pickle.loads(pickle.dumps(call(*pickle.loads(pickle.dumps(given))))))
        except Exception as error:
            future.set_exception(error)
        return future


@dataclass
class Cutting:
    """An engine that cuts every log that can be cut; `before`: what happens before one is read."""

    sizes: Sizes
    ahead: int = 3
    before: Callable[[], object] = lambda: None
    readers: list[PartsReader] = field(default_factory=list)

    def sends(self, groups: Sequence[LogGroup]) -> bool:
        return False

    def each(self, *given: Any) -> list[Any]:
        raise AssertionError

    def go_through(
        self, reader: LogReader, stream: LogStream, zone: tzinfo | None, on_progress: OnRead | None = None
    ) -> Whole | None:
        if not can_be_cut(stream, zone):
            return None
        self.before()
        parts = PartsReader(reader=reader, stream=stream, zone=zone, pool=Here(), sizes=self.sizes, on_progress=on_progress)
        self.readers.append(parts)
        return parts.read(self.ahead)

    @property
    def taken(self) -> int:
        return sum(reader.taken for reader in self.readers)

    @property
    def missed(self) -> int:
        return sum(reader.missed for reader in self.readers)

    @property
    def kept(self) -> int:
        return sum(reader.kept for reader in self.readers)


def document(readings: list[LogReading]) -> str:
    return render(build_report(readings, Question(limit_seconds=300.0)), Options())


def cut(*logs: Path, part: int = 3000, warm_up: int = 1200, start: int = 600, zone: tzinfo | None = None) -> Cutting:
    """Reads logs in parts, and asserts that the report is that of one process."""
    engine, names = Cutting(Sizes(part=part, warm_up=warm_up, start=start)), [str(path) for path in logs]
    whole, parts = (read_logs(names, ReadOptions(zone=zone, engine=one)) for one in (None, engine))
    assert document(parts) == document(whole)
    assert [reading.accounts for reading in parts] == [reading.accounts for reading in whole]
    return engine


def cut_text(folder: Path, text: bytes, **sizes: Any) -> Cutting:
    path = folder / "comfyui.log"
    path.write_bytes(text)
    return cut(path, **sizes)


@pytest.mark.parametrize("capture", CAPTURES, ids=SESSIONS)
def test_captures(capture: bytes, tmp_path: Path) -> None:
    cut_text(tmp_path, capture, part=max(2000, len(capture) // 8))
    if len(capture) < 50_000:
        cut_text(tmp_path, capture * 3, part=len(capture), warm_up=len(capture) // 3)


@pytest.mark.parametrize("part", [2_000, 9_000, 20_000])
def test_all_captures_as_one_log(part: int, tmp_path: Path) -> None:
    cut_text(tmp_path, b"\n".join(CAPTURES), part=part, warm_up=part // 3, start=part // 2)


@pytest.mark.skipif(not REALWORLD, reason="no real logs beside the project")
def test_real_logs_as_one(tmp_path: Path) -> None:
    cut_text(tmp_path, b"\n".join(path.read_bytes() for path in REALWORLD), part=30_000, warm_up=9_000, start=9_000)
    for path in REALWORLD:
        cut(path, part=5_000, warm_up=2_000, start=2_000)


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.log")), ids=lambda path: path.stem)
def test_sample_logs_of_every_container(path: Path, tmp_path: Path) -> None:
    cut(path)
    cut_text(tmp_path, path.read_bytes() * 3, part=max(1500, path.stat().st_size // 2))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_generated_log_is_read_by_others_to_its_end(shape: str, tmp_path: Path) -> None:
    text, pieces = "", SHAPES[shape](7)
    while len(text) < 300_000:
        text += next(pieces)
    engine = cut_text(tmp_path, text.encode(), part=30_000, warm_up=9_000, start=3_000)
    assert engine.missed == 0
    assert engine.taken > 8


def test_crlf_and_byte_order_mark(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbf" + (START + BRIEF * 60).replace(b"\n", b"\r\n")
    assert cut_text(tmp_path, text).missed == 0


def test_requests_that_wait_across_a_cut(tmp_path: Path) -> None:
    """A queue that is never empty: each run is that of a request many parts ago."""
    one = log("got prompt", sampler(), "Prompt executed in 67.50 seconds")
    engine = cut_text(tmp_path, START + log("got prompt") * 12 + one * 80, part=3000)
    assert engine.missed == 0
    assert engine.taken > 5


def test_a_rejected_request_is_not_the_one_that_waits(tmp_path: Path) -> None:
    engine = cut_text(tmp_path, START + log("got prompt") * 3 + (REFUSED + BRIEF) * 60)
    assert engine.missed == 0


def loading(model: str, size: str) -> bytes:
    return log(
        "got prompt",
        f"Requested to load {model}",
        f"loaded completely; 9000.00 MB usable, {size} MB loaded, full load: True",
        sampler(),
        "Prompt executed in 67.50 seconds",
    )


def test_a_model_that_was_loaded_long_ago_is_known(tmp_path: Path) -> None:
    """No part's reader has seen it, and none asks for it but the last, which is read again here."""
    usual = loading("SDXL", "4897.05")
    text = START + usual * 30 + loading("Flux", "11350.00") + usual * 90 + loading("Flux", "11350.00") + usual * 30
    engine = cut_text(tmp_path, text, part=4000)
    assert engine.taken > 10
    assert engine.missed <= 1
    path = tmp_path / "comfyui.log"
    (reading,) = read_logs([str(path)], ReadOptions(engine=engine))
    assert [load.reload for run in reading.runs for load in run.loads if load.model == "Flux"] == [False, True]


def test_a_model_that_stays_is_known_as_soon_as_one_part_has_been_read(tmp_path: Path) -> None:
    engine = cut_text(tmp_path, START + BRIEF * 20 + loading("Flux", "11350.00") + BRIEF * 120)
    assert engine.taken > engine.missed > 0


def test_servers_that_start_between_parts(tmp_path: Path) -> None:
    engine = cut_text(tmp_path, b"".join(START + BRIEF * count for count in (90, 3, 120, 70)), part=6000, warm_up=1500, start=400)
    assert engine.taken > 2 * (engine.missed + engine.kept)


def test_lines_of_no_wording_are_sampled_as_in_one_pass(tmp_path: Path) -> None:
    noise = [log(*(f"something {'x' * (number % 90)} {number} of {name}" for name in "abc")) for number in range(200)]
    engine = cut_text(tmp_path, START + b"".join(lines + BRIEF for lines in noise))
    assert engine.taken > 10


def test_mended_lines_count_across_parts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A limit that no part reaches but all together do."""
    monkeypatch.setattr("analyzer.mojibake.MOST_TRIES", 25)
    monkeypatch.setattr("analyzer.carrying.MOST_TRIES", 25)
    broken = "í¸ì§‘ something nobody knows\n".encode()
    engine = cut_text(tmp_path, START + (broken + BRIEF) * 60)
    assert engine.taken
    assert engine.missed


def test_accounts_of_later_parts(tmp_path: Path) -> None:
    names = [log(f"cannot read /home/user{number}/models/x.safetensors") for number in range(80)]
    assert cut_text(tmp_path, START + b"".join(name + BRIEF for name in names)).taken


def test_an_encoding_that_shows_late(tmp_path: Path) -> None:
    """Only ASCII in the first parts; then what a Korean Windows writes."""
    plain = log("got prompt", "Requested to load Flux", "Prompt executed in 1.00 seconds")
    korean = "작업을 시작합니다 편집 이미지 저장이 끝났습니다\n".encode("cp949") * 40
    path = tmp_path / "comfyui.log"
    path.write_bytes(START + plain * 160 + korean + plain * 40)
    engine = cut(path)
    assert read_logs([str(path)], ReadOptions(engine=engine))[0].sources[0].encoding == "cp949"


def test_a_rotated_set_is_one_log(tmp_path: Path) -> None:
    usual = loading("SDXL", "4897.05")
    (tmp_path / "comfyui.log.1").write_bytes(START + usual * 30 + log("got prompt", "Requested to load Flux"))
    (tmp_path / "comfyui.log").write_bytes(log(sampler(), "Prompt executed in 9.00 seconds") + usual * 30)
    engine = cut(tmp_path)
    assert engine.missed == 0
    assert len(engine.readers) == 2


def test_stamps_in_a_zone_that_puts_clocks_back_are_read_in_one_go(tmp_path: Path) -> None:
    path = tmp_path / "comfyui.log"
    path.write_text("".join(f"{datetime(2026, 2, 3, 4, n, tzinfo=UTC):%FT%T.000000} - got prompt\n" for n in range(60)))
    assert cut(path, zone=ZoneInfo("Europe/Berlin")).readers == []
    assert len(cut(path).readers) == 1


def test_a_file_that_is_another_one_by_now_is_read_here(tmp_path: Path) -> None:
    """Turned by logrotate while it was read: what is open is still the old file."""
    path = tmp_path / "comfyui.log"
    path.write_bytes(START + BRIEF * 60)
    expected = document(read_logs([str(path)], ReadOptions()))

    def turn() -> None:
        path.rename(tmp_path / "old")
        path.write_bytes(BRIEF)

    engine = Cutting(Sizes(part=3000, warm_up=1200, start=600), before=turn)
    assert document(read_logs([str(path)], ReadOptions(engine=engine))) == expected
    assert engine.taken == 0


def test_what_a_part_asks_of_the_models_known() -> None:
    known = Residents({"Flux": 1, "SDXL": 2})
    known["SDXL"] = 3
    assert known.get("SDXL") == 3
    assert not known.asked
    assert "Flux" in known
    assert known.asked == {"Flux"}
    assert known.get("other") is None
    assert known.asked == {"Flux", "other"}
    assert not known.whole
    assert dict(known.items()) == {"Flux": 1, "SDXL": 3}
    assert known.whole
    assert known.written == {"SDXL"}


# --- with real processes ---------------------------------------------------------------------------------------------


def test_several_processes_and_many_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(local, "LEAST_CUT_BYTES", 1)
    path = tmp_path / "comfyui.log"
    run = log("got prompt", "Requested to load Flux", "loaded completely 1000.0 500.0 True", "Prompt executed in 1.50 seconds")
    path.write_bytes(START + run * (MANY_RUNS + 900))
    told: list[int] = []
    engine = LocalEngine(jobs=2, sizes=Sizes(part=100_000, warm_up=20_000, start=20_000))
    options = ReadOptions(engine=engine, on_progress=lambda name, done: told.append(done))
    parts, whole = read_logs([str(path)], options), read_logs([str(path)], ReadOptions())
    assert document(parts) == document(whole)
    assert isinstance(parts[0].runs, RunTable)
    assert told == sorted(told)
    assert told[-1] == path.stat().st_size


# --- anything --------------------------------------------------------------------------------------------------------

BLOCKS = (
    START,
    BRIEF,
    BRIEF,
    log("got prompt"),
    REFUSED,
    log("Prompt executed in 0.01 seconds"),
    log("Requested to load Flux", "loaded completely; 9000.00 MB usable, 11350.00 MB loaded, full load: True"),
    log("Requested to load SDXL", "Unloaded partially: 1203.50 MB freed, 3693.55 MB remains loaded, lowvram patches: 0"),
    log("loaded completely; 9000.00 MB usable, 11350.00 MB loaded, full load: True", sampler(20, "00:09", "2.20it/s")),
    log("loaded partially; 500.00 MB usable, 400.00 MB loaded, 10950.00 MB offloaded, lowvram patches: 0"),
    log("Unloading models for lowram load.", "2 models unloaded."),
    log(
        "!!! Exception during processing !!! no",
        "Traceback (most recent call last):",
        '  File "/home/ann/x.py", line 1, in f',
        "OSError: no",
    ),
    log("Processing interrupted", "Prompt executed in 3.00 seconds"),
    log("", "a line of a node: 편집 저장", "a line of a node: 7"),
    log("another line", *(f"line {number} that nothing takes" for number in range(5))),
    log(sampler(8, "00:31", "3.90s/it")),
    b"got prompt Prompt executed in 5.00 seconds\n",
    b"\xed\xb8 broken \xff bytes\n",
)


def written(blocks: list[bytes], *, stamped: bool, crlf: bool) -> bytes:
    def lines() -> Iterator[bytes]:
        at = datetime(2026, 2, 3, 4, 5, 6, 789012, tzinfo=UTC).timestamp()
        for number, line in enumerate(b"".join(blocks).splitlines(keepends=True)):
            stamp = datetime.fromtimestamp(at + 1.7 * number, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S.%f - ")
            yield (stamp.encode() if stamped and line[:4] != b"line" else b"") + line

    text = b"".join(lines())
    return text.replace(b"\n", b"\r\n") if crlf else text


@given(
    blocks=st.lists(st.sampled_from(BLOCKS), min_size=20, max_size=120),
    stamped=st.booleans(),
    crlf=st.booleans(),
    part=st.integers(300, 3000),
    warm_up=st.integers(1, 1500),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_log(tmp_path: Path, blocks: list[bytes], stamped: bool, crlf: bool, part: int, warm_up: int) -> None:
    cut_text(tmp_path, written(blocks, stamped=stamped, crlf=crlf), part=part, warm_up=min(warm_up, part // 2), start=warm_up)
