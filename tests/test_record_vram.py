"""VRAM samples beside a recording: the file, what stands in its way, and the whole way to the report. Only the GPU is not real."""

import json
import queue
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from analyzer import analyze
from analyzer.recording.rolling import RollingFile
from analyzer.recording.voice import Voice
from analyzer.recording.vram import OnSamples, SampleFile, Say, sampling
from analyzer.vram import recorded
from analyzer.vram.sample import GpuSample
from exporters.background import BackgroundSampler
from exporters.beside import LateSampler
from exporters.nvml import NvmlSampler
from tests.fake_nvml import LOST, NO_DRIVER, FakeNvml, gpu
from tests.recording import python, record, run

AT = 1_785_578_400.0


def sample(at: float = AT, number: int = 0) -> GpuSample:
    return GpuSample(at=at, gpu=number, used_bytes=1 << 30)


def rows(path: Path) -> list[str]:
    return path.read_text().splitlines(keepends=True)


def on(nvml: FakeNvml, seen: Callable[[], None] = lambda: None) -> Callable[..., BackgroundSampler]:
    """What `record` is handed, on a driver of ours."""

    def begin(pid: int | None, every_seconds: float, on_samples: OnSamples, say: Say) -> BackgroundSampler:
        def take(samples: Sequence[GpuSample]) -> None:
            on_samples(samples)
            seen()

        late = LateSampler(lambda: NvmlSampler(nvml=nvml), lambda problem: say(f"VRAM is not sampled: {problem}"))
        return BackgroundSampler(late, on_samples=take, every_seconds=every_seconds)

    return begin


@pytest.fixture
def log(tmp_path: Path) -> RollingFile:
    return RollingFile.create(tmp_path / "run.log")


def test_rows_are_appended_behind_one_header(log: RollingFile, tmp_path: Path) -> None:
    for start in (AT, AT + 10):
        file = SampleFile(log, pytest.fail)
        file.take([sample(start, 0), sample(start, 1)])
        file.take([])
        file.take([sample(start + 1, 0)])
    assert rows(tmp_path / "run.log.vram.csv") == [
        recorded.header(),
        *(
            recorded.row(sample(at, number))
            for at, number in ((AT, 0), (AT, 1), (AT + 1, 0), (AT + 10, 0), (AT + 10, 1), (AT + 11, 0))
        ),
    ]


def test_parts_of_samples_begin_with_the_header(log: RollingFile, tmp_path: Path) -> None:
    log.limit_bytes, log.keep = 300, 2
    file = SampleFile(log, pytest.fail)
    for second in range(30):
        file.take([sample(AT + second)])
    parts = sorted(tmp_path.glob("run.log.vram.csv*"))
    assert [part.name for part in parts] == ["run.log.vram.csv", "run.log.vram.csv.1", "run.log.vram.csv.2"]
    assert all(rows(part)[0] == recorded.header() for part in parts)
    assert rows(parts[0])[-1] == recorded.row(sample(AT + 29))


def test_what_cannot_be_written_is_said_once(log: RollingFile, tmp_path: Path) -> None:
    said = list[str]()
    (tmp_path / "run.log.vram.csv").mkdir()
    file = SampleFile(log, said.append)
    file.take([sample()])
    file.take([sample()])
    assert said == [f"{tmp_path / 'run.log.vram.csv'}: Is a directory; VRAM samples are lost until that is over"]


def test_sampling_lasts_as_long_as_the_recording(log: RollingFile, tmp_path: Path) -> None:
    seen = queue.Queue[None]()
    nvml = FakeNvml(gpu(0), gpu(1))
    with sampling(on(nvml, lambda: seen.put(None)), log, pid=7, seconds=0.001, voice=Voice()):
        for _ in range(3):
            seen.get(timeout=10)
    taken = len(rows(tmp_path / "run.log.vram.csv")) - 1
    assert taken >= 6
    assert nvml.calls["nvmlShutdown"] == 1


@pytest.mark.parametrize(
    ("problem", "words"),
    [(NO_DRIVER, "the NVIDIA driver is not loaded"), (LOST, "the GPU is lost, or the driver is being loaded anew")],
)
def test_what_stands_in_the_way_is_said_once_and_nothing_is_written(
    log: RollingFile, tmp_path: Path, capfd: pytest.CaptureFixture[str], problem: Exception, words: str
) -> None:
    seen, nvml = queue.Queue[None](), FakeNvml(gpu())
    nvml.init_error = problem
    with sampling(on(nvml, lambda: seen.put(None)), log, pid=None, seconds=0.001, voice=Voice()):
        for _ in range(3):
            seen.get(timeout=10)
    assert capfd.readouterr().err == f"comfymeter: VRAM is not sampled: {words}\n"
    assert [path.name for path in tmp_path.iterdir()] == ["run.log"]


@pytest.mark.parametrize(("place", "seconds"), [("/dev/full", 0.001), ("run.log", 0.0)])
def test_no_samples_beside_a_device_or_where_none_are_wanted(tmp_path: Path, place: str, seconds: float) -> None:
    def begin(pid: int | None, every_seconds: float, on_samples: OnSamples, say: Say) -> BackgroundSampler:
        raise AssertionError("nobody asked")

    with sampling(begin, RollingFile.append_to(tmp_path / place), pid=None, seconds=seconds, voice=Voice()):
        pass


def test_a_driver_that_loads_slowly_is_not_asked_seldom_for_that(log: RollingFile) -> None:
    """The first look takes a hundred seconds on the sampler's clock, which would mean half an hour's pause."""
    seen, now = queue.Queue[None](), [0.0]

    def make() -> NvmlSampler:
        now[0] += 100.0
        return NvmlSampler(nvml=FakeNvml(gpu()))

    def begin(pid: int | None, every_seconds: float, on_samples: OnSamples, say: Say) -> BackgroundSampler:
        late = LateSampler(make, lambda problem: None)
        return BackgroundSampler(late, on_samples=lambda _: seen.put(None), every_seconds=every_seconds, monotonic=lambda: now[0])

    with sampling(begin, log, pid=None, seconds=0.001, voice=Voice()):
        for _ in range(3):
            seen.get(timeout=10)


def test_a_recorded_run_has_its_peak_in_the_report(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    server = """
def rows(): return open(sys.argv[1]).read().count("\\n") if os.path.exists(sys.argv[1]) else 0
say("Total VRAM 24576 MB, total RAM 28562 MB\\nTo see the GUI go to: http://127.0.0.1:8188\\ngot prompt\\nRequested to load Flux\\n", 2)
began, enough = time.monotonic(), rows() + 3
while rows() < enough: time.sleep(0.01)
say(f"Prompt executed in {time.monotonic() - began:.2f} seconds\\n", 2)"""
    program = """
import json
from pathlib import Path
from analyzer.recording.session import record_program
from analyzer.recording.setup import Settings
from exporters.background import BackgroundSampler
from exporters.beside import LateSampler
from exporters.nvml import NvmlSampler
from tests.fake_nvml import FakeNvml, gpu, process
def begin(pid, every_seconds, on_samples, say):
    card = gpu(nvmlDeviceGetComputeRunningProcesses=[process(pid, 5 << 30)])
    late = LateSampler(lambda: NvmlSampler(nvml=FakeNvml(card), pids=lambda: {pid}, foreign_pids=False), print)
    return BackgroundSampler(late, on_samples=on_samples, every_seconds=every_seconds)
settings = Settings(path=Path(sys.argv[1]), quiet=True, vram_seconds=0.02)
sys.exit(record_program(json.loads(sys.argv[2]), settings, begin))
"""
    done = run(*python(program, str(log), json.dumps(python(server, f"{log}.vram.csv"))))
    assert (done.returncode, done.stdout) == (0, b"")
    (only,) = analyze(log).runs
    assert only.vram
    assert only.vram.source == "nvml"
    assert only.vram.peak_bytes == 10_000 << 20
    assert only.vram.process_peak_bytes == 5 << 30


def test_the_command_samples_unless_it_is_told_not_to(tmp_path: Path) -> None:
    """On a machine with a GPU there is a file, on others a word about it; with 0 neither."""
    for name, options in (("a.log", []), ("b.log", ["--vram-interval", "0"])):
        command = record(tmp_path / name, *python("time.sleep(1)"), options=options)
        command.remove("-q")
        said = run(*command).stderr.decode()
        wanted = not options
        assert ((tmp_path / f"{name}.vram.csv").exists() or "VRAM is not sampled: " in said) is wanted
