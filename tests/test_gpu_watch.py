"""Samples kept for the run in flight: its figures, its peaks, how busy the GPU was; and the patience of advice."""

import asyncio
from dataclasses import replace

from analyzer.runs.model import Evidence, Phase, PhaseSpan, Run, VramSource
from analyzer.vram.sample import GpuSample
from exporters.advisor import Advisor, timing_of
from exporters.demo import SyntheticGpu
from exporters.gpu_watch import GpuWatch
from exporters.nvml import GpuProcess
from exporters.observations import DeviceMemory, SystemStats
from tests.builders import run
from tests.replayed import until
from tests.serving import GIB

START = 1_800_000_000.0
DEVICE = DeviceMemory(
    index=0, name="cuda:0", kind="cuda", total_bytes=24 * GIB, free_bytes=20 * GIB, torch_total_bytes=0, torch_free_bytes=0
)
STATS = SystemStats(
    at=START,
    comfyui_version=None,
    python_version=None,
    pytorch_version=None,
    ram_total_bytes=None,
    ram_free_bytes=None,
    devices=(DEVICE,),
)


def sample(after: float, gib: float, *, gpu: int = 0, busy: float | None = 0.5) -> GpuSample:
    return GpuSample(
        at=START + after,
        gpu=gpu,
        used_bytes=int(gib * GIB),
        total_bytes=24 * GIB,
        utilisation_ratio=busy,
        energy_joules=100 * after,
    )


def ten_seconds() -> Run:
    def span(phase: Phase, after: float, seconds: float) -> PhaseSpan:
        at = START + after
        return PhaseSpan(phase=phase, started_at=at, seconds=seconds, evidence=Evidence.MEASURED, first_line=1, last_line=2)

    spans = (span(Phase.MODEL_LOAD, 0.0, 4.0), span(Phase.SAMPLE, 4.0, 6.0))
    return replace(run(), started_at=START, ended_at=START + 10.0, duration_seconds=10.0, spans=spans)


def test_a_run_gets_its_figures_also_from_before_it_was_told() -> None:
    watch = GpuWatch()
    for second in range(-5, 3):
        watch.feed([sample(second, 2.0)])
    watch.run_began(START)
    for second in range(3, 13):
        watch.feed([sample(second, 2.0 + second)])
    vram = watch.figures(ten_seconds())
    assert vram is not None
    assert vram.source is VramSource.NVML
    assert vram.peak_bytes == 12 * GIB
    assert vram.phase_peak_bytes(Phase.MODEL_LOAD) == 5 * GIB
    assert vram.phase_peak_bytes(Phase.SAMPLE) == 12 * GIB
    assert vram.energy_joules == 1000.0
    assert vram.samples == 11
    assert watch.label == "0"


def test_samples_of_a_run_are_kept_however_long_it_is_and_others_go() -> None:
    watch = GpuWatch()
    watch.run_began(START)
    for second in range(0, 3600, 10):
        watch.feed([sample(second, 3.0)])
    long = replace(ten_seconds(), ended_at=START + 3600, duration_seconds=3600.0, spans=())
    assert (found := watch.figures(long)) is not None
    assert found.samples == 360
    watch.run_ended()
    watch.feed([sample(3600, 3.0)])
    assert watch.figures(ten_seconds()) is None


def test_peaks_are_held_for_the_run_and_between_scrapes() -> None:
    watch = GpuWatch()
    watch.feed([sample(0, 4.0)])
    watch.run_began(START)
    assert watch.take_peaks()["0"].used_bytes == 4 * GIB
    watch.feed([sample(1, 9.0)])
    watch.feed([sample(2, 5.0)])
    assert watch.take_peaks()["0"].used_bytes == 9 * GIB
    assert watch.take_peaks()["0"].used_bytes == 5 * GIB
    watch.run_ended()
    assert watch.run_peaks()["0"].used_bytes == 9 * GIB
    watch.run_began(START + 3)
    assert watch.run_peaks()["0"].used_bytes == 5 * GIB


def test_how_busy_it_was_is_of_the_servers_gpu_or_the_busiest() -> None:
    watch = GpuWatch()
    assert watch.busy_ratio(0.0) is None
    watch.feed([sample(0, 1.0, busy=0.9), sample(0, 1.0, gpu=1, busy=0.0)])
    watch.feed([sample(1, 1.0, busy=0.7), sample(1, 1.0, gpu=1, busy=0.0)])
    assert watch.busy_ratio(START) == 0.8
    assert watch.busy_ratio(START + 1) == 0.7
    assert watch.busy_ratio(START + 2) is None


def test_old_samples_are_not_of_now() -> None:
    watch = GpuWatch()
    watch.feed([sample(0, 1.0)])
    assert watch.latest(START + 5)
    assert not watch.latest(START + 60)


def test_the_servers_own_figures_stand_in_until_the_driver_tells() -> None:
    watch = GpuWatch()
    for second in range(0, 12, 5):
        watch.feed_stats(replace(STATS, at=START + second))
    vram = watch.figures(ten_seconds())
    assert vram is not None
    assert (vram.source, vram.peak_bytes) == (VramSource.API, 4 * GIB)
    watch.feed([sample(12, 7.0)])
    watch.feed_stats(replace(STATS, at=START + 13))
    assert [one.used_bytes for one in watch.latest(START + 13)] == [7 * GIB]
    watch.feed_stats(replace(STATS, devices=(replace(DEVICE, kind="cpu"),)))


def test_the_demos_gpu_works_while_the_server_samples() -> None:
    phases = iter([None, Phase.SAMPLE, Phase.SAMPLE])
    gpu = SyntheticGpu(lambda: next(phases), clock=iter([0.0, 1.0, 2.0]).__next__)
    idle, first, second = (gpu.sample()[0] for _ in range(3))
    assert idle.utilisation_ratio == 0.0
    assert (first.used_bytes or 0) > (idle.used_bytes or 0)
    assert (second.energy_joules or 0) > (first.energy_joules or 0) > 0


def test_advice_is_worked_out_when_a_run_has_ended() -> None:
    async def work() -> tuple[float | None, float | None, int]:
        advisor = Advisor(limits={"client": 300.0})
        advisor.learn([timing_of(replace(ten_seconds(), duration_seconds=20.0 + number), None) for number in range(5)])
        working = asyncio.ensure_future(advisor.work())
        await until(lambda: advisor.runs == 5)
        before = advisor.answer.advice.overall.recommended_seconds if advisor.answer else None
        advisor.add(replace(ten_seconds(), duration_seconds=200.0), None)
        await until(lambda: advisor.runs == 6)
        after = advisor.answer.advice.overall.recommended_seconds if advisor.answer else None
        working.cancel()
        return before, after, advisor.runs

    before, after, runs = asyncio.run(work())
    assert before is not None
    assert after is not None
    assert after > before
    assert runs == 6


# --- sources that come and go ---------------------------------------------------------------------------------------


def test_a_driver_that_is_lost_does_not_hide_what_the_server_tells() -> None:
    watch = GpuWatch()
    watch.feed([])
    watch.feed_stats(STATS)
    watch.feed([])
    assert [sample.used_bytes for sample in watch.latest(START)] == [4 * GIB]
    watch.feed([sample(0, 9.0)])
    watch.feed_stats(STATS)
    assert [sample.used_bytes for sample in watch.latest(START)] == [9 * GIB]
    watch.feed([])
    assert watch.latest(START) == ()


def test_who_else_is_on_the_gpu() -> None:
    def process(pid: int, gib: float, *, gpu: str = "0", ours: bool = False) -> GpuProcess:
        return GpuProcess(gpu=gpu, pid=pid, used_bytes=int(gib * GIB), name=f"p{pid}", ours=ours)

    watch = GpuWatch()
    watch.feed_processes([process(1, 3.0), process(2, 5.0)])
    assert watch.others("0") == ()  # any of them may be the server
    watch.feed_processes([process(1, 3.0), process(2, 5.0), process(3, 9.0, ours=True), process(4, 1.0, gpu="1")])
    assert [one.pid for one in watch.others("0")] == [2, 1]
    assert [one.pid for one in watch.others("1")] == [4]
    assert [one.pid for one in watch.others()] == [2, 1, 4]
