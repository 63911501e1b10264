"""Samples to runs: against an oracle that looks at everything, and on real sessions with a curve beside them."""

import gzip
import json
import math
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer import analyze
from analyzer.errors import SourceError
from analyzer.front import Log
from analyzer.history import open_store
from analyzer.ingesting import ingest
from analyzer.logs import ReadOptions
from analyzer.redaction import Redactor
from analyzer.renderers import named, render
from analyzer.renderers.base import Options
from analyzer.report import Report
from analyzer.runs.model import Evidence, Phase, PhasePeak, PhaseSpan, Run, ServerStart, Vram, VramSource
from analyzer.units import GIB
from analyzer.vram.choice import Seen, choose, device_index
from analyzer.vram.join import Joined, Joiner
from analyzer.vram.sample import GpuSample
from analyzer.vram.series import MOST_POINTS, Thinner
from analyzer.vram.use import MOST_HOLD_SECONDS
from analyzer.workflows import Naming
from tests import builders, vram_curve
from tests.captures import SESSIONS
from tests.samples import SAMPLES

START = 1_779_048_000.0
MIB = 1 << 20
LIFE = (0, 1)


def run(start: float, seconds: float, *, number: int = 1, phases: Sequence[tuple[Phase, float]] = (), **given: Any) -> Run:
    """A run that begins so many seconds after `START`, with phases of so many seconds."""
    spans, at = [], START + start
    for phase, length in phases:
        spans.append(PhaseSpan(phase=phase, started_at=at, seconds=length, evidence=Evidence.MEASURED, first_line=1, last_line=2))
        at += length
    times = {"started_at": START + start, "ended_at": START + start + seconds, "duration_seconds": seconds}
    return builders.run(number, spans=tuple(spans), **times | given)


def sample(at: float, used: int | None = None, **given: Any) -> GpuSample:
    return GpuSample(**{"at": START + at, "gpu": 0, "used_bytes": used, "total_bytes": 24_000} | given)


def joined(runs: Sequence[Run], samples: Sequence[GpuSample], start: ServerStart | None = None) -> Joined:
    joiner = Joiner(runs, lambda run: LIFE)
    for one in samples:
        joiner.feed(one)
    return joiner.result(VramSource.NVML, {LIFE: start} if start else {}, name="x.vram.csv", timezone="UTC")


def figures(one: Run, *samples: GpuSample) -> Vram:
    return joined([one], samples).found[0]


# --- figures --------------------------------------------------------------------------------------------------------


def test_peak_and_mean_by_time() -> None:
    found = figures(run(10, 10), sample(8, 100), sample(12, 200), sample(13, 400), sample(19, 50), sample(21, 9_000))

    assert (found.peak_bytes, found.samples, found.total_bytes, found.gpu) == (400, 3, 24_000, "0")
    # 100 until 12, 200 until 13, 400 until 19, 50 until 20: of ten seconds.
    assert found.mean_bytes == (100 * 2 + 200 * 1 + 400 * 6 + 50 * 1) / 10


def test_peaks_by_phase() -> None:
    one = run(0, 10, phases=[(Phase.MODEL_LOAD, 2), (Phase.SAMPLE, 6), (Phase.VAE, 1), (Phase.OTHER, 1)])
    found = figures(one, sample(0, 10), sample(1.9, 20), sample(2, 30), sample(7.5, 25), sample(8, 40), sample(10, 5))

    assert [(peak.phase, peak.peak_bytes) for peak in found.phases] == [
        (Phase.MODEL_LOAD, 20),
        (Phase.SAMPLE, 30),
        (Phase.VAE, 40),
        (Phase.OTHER, 5),
    ]


def test_a_phase_without_a_sample_has_no_peak() -> None:
    found = figures(run(0, 10, phases=[(Phase.SAMPLE, 9.5), (Phase.VAE, 0.5)]), sample(1, 10), sample(9, 20))
    assert found.phase_peak_bytes(Phase.SAMPLE) == 20
    assert found.phase_peak_bytes(Phase.VAE) is None


def test_others_are_what_the_server_does_not_hold() -> None:
    found = figures(run(0, 10), sample(1, 100, process_bytes=60), sample(2, 300, process_bytes=290), sample(3, 500))
    assert (found.process_peak_bytes, found.other_peak_bytes) == (290, 40)
    unknown = figures(run(0, 10), sample(1, 100))
    assert (unknown.process_peak_bytes, unknown.other_peak_bytes) == (None, None)


def test_energy_is_counted_to_the_runs_ends() -> None:
    counter = [sample(at, 1, energy_joules=1000 + 100.0 * at) for at in (0, 4, 8, 12, 24)]
    assert figures(run(2, 20), *counter).energy_joules == pytest.approx(2000)


@pytest.mark.parametrize(
    "times",
    [(3, 6, 24), (0, 6, 21), (0, 5, 60), (-40, 5, 24)],
    ids=["nobody counted at its start", "nor at its end", "a long gap over its end", "a long gap over its start"],
)
def test_energy_that_was_not_counted_throughout_is_not_known(times: tuple[float, ...]) -> None:
    assert figures(run(2, 20), *(sample(at, 1, energy_joules=100.0 * at + 9_999) for at in times)).energy_joules is None


def test_energy_through_a_long_gap_inside_the_run_is_counted() -> None:
    counter = [sample(at, 1, energy_joules=10.0 * at) for at in (0, 10, 390, 401)]
    assert figures(run(2, 398), *counter).energy_joules == pytest.approx(3980)


def test_a_counter_that_starts_anew_counts_nothing() -> None:
    counter = [sample(0, 1, energy_joules=500.0), sample(5, 1, energy_joules=1.0), sample(25, 1, energy_joules=21.0)]
    assert figures(run(2, 20), *counter).energy_joules is None


def test_a_value_does_not_stand_for_ever() -> None:
    found = figures(run(0, 100), sample(0, 100), sample(90, 300), sample(100, 1))
    covered = MOST_HOLD_SECONDS + 10
    assert covered < 50
    assert found.mean_bytes is None, "most of the run was not looked at"
    assert figures(run(0, 60), sample(0, 100), sample(50, 300), sample(60, 1)).mean_bytes == (100 * 30 + 300 * 10) / 40


def test_how_busy_and_how_hot() -> None:
    found = figures(
        run(0, 4),
        sample(0, 1, utilisation_ratio=1.0, throttle=("sw_thermal",)),
        sample(1, 1, utilisation_ratio=0.5, throttle=("gpu_idle",)),
        sample(3, 1, utilisation_ratio=0.0, throttle=()),
        sample(4, 1),
    )
    assert found.utilisation_ratio == pytest.approx((1.0 * 1 + 0.5 * 2 + 0.0 * 1) / 4)
    assert found.throttled_ratio == pytest.approx(1 / 3)


def test_a_run_without_a_sample_keeps_what_the_log_says() -> None:
    logged = Vram(peak_bytes=7, source=VramSource.LOG)
    runs = [run(0, 10, vram=logged), run(20, 10, number=2, vram=logged), run(40, 0.2, number=3)]
    found = joined(runs, [sample(1, 100), sample(39, 5), sample(41, 6)]).found

    assert list(found) == [0]
    assert (found[0].source, found[0].log_peak_bytes) == (VramSource.NVML, 7)


def test_what_the_log_says_outlives_a_second_recording() -> None:
    logged = run(0, 10, vram=Vram(peak_bytes=7, source=VramSource.LOG))
    first = replace(logged, vram=figures(logged, sample(1, 100)))
    assert figures(first, sample(1, 100), sample(2, 300)).log_peak_bytes == 7
    assert figures(replace(logged, vram=None), sample(1, 100)).log_peak_bytes is None


def test_an_unfinished_run_has_figures_as_far_as_it_was_seen() -> None:
    one = run(0, 10, ended_at=None, duration_seconds=None, observed_seconds=10.0)
    assert figures(one, sample(9, 100), sample(11, 900)).peak_bytes == 100


# --- the oracle -----------------------------------------------------------------------------------------------------


def oracle(one: Run, samples: Sequence[GpuSample]) -> Vram | None:
    """The same figures by looking at every sample and every pair for the run; samples of one GPU in the order of time."""
    begin, end = one.started_at or 0.0, one.ended_at or 0.0
    inside = [each for each in samples if begin <= each.at <= end and each.used_bytes is not None]
    if not inside:
        return None
    held = [
        (before, min(after.at, before.at + MOST_HOLD_SECONDS, end) - max(before.at, begin))
        for before, after in pairwise(samples)
        if before.at < after.at
    ]
    used = [(before.used_bytes, length) for before, length in held if length > 0 and before.used_bytes is not None]
    busy = [(before.utilisation_ratio, length) for before, length in held if length > 0 and before.utilisation_ratio is not None]
    joules, counted = [], []
    for before, after in pairwise(samples):
        part, length = min(after.at, end) - max(before.at, begin), after.at - before.at
        if part <= 0 or length <= 0 or before.energy_joules is None or after.energy_joules is None:
            continue
        if after.energy_joules >= before.energy_joules and (part == length or length <= MOST_HOLD_SECONDS):
            joules.append((after.energy_joules - before.energy_joules) * part / length)
            counted.append(part)
    peaks: dict[Phase, int] = {}
    for each in inside:
        spans = [span for span in one.spans if span.started_at <= each.at <= span.started_at + span.seconds]
        if spans:
            peaks[spans[-1].phase] = max(peaks.get(spans[-1].phase, 0), each.used_bytes or 0)
    told = [each.throttle for each in inside if each.throttle is not None]
    mean = mean_by_time(used, end - begin)
    return Vram(
        peak_bytes=max(each.used_bytes or 0 for each in inside),
        source=VramSource.NVML,
        gpu="0",
        samples=len(inside),
        mean_bytes=None if mean is None else round(mean),
        total_bytes=24_000,
        process_peak_bytes=max((each.process_bytes for each in inside if each.process_bytes is not None), default=None),
        other_peak_bytes=max(
            (max(0, (each.used_bytes or 0) - each.process_bytes) for each in inside if each.process_bytes is not None),
            default=None,
        ),
        energy_joules=math.fsum(joules) if abs(math.fsum(counted) - (end - begin)) <= 1e-3 else None,
        utilisation_ratio=mean_by_time(busy, end - begin),
        throttled_ratio=sum("hw_thermal" in words for words in told) / len(told) if told else None,
        phases=tuple(PhasePeak(phase=phase, peak_bytes=peaks[phase]) for phase in Phase if phase in peaks),
    )


def mean_by_time(values: Sequence[tuple[float, float]], seconds: float) -> float | None:
    """Of values with the seconds that they stood for; None where they stand for less than half of the run."""
    covered = math.fsum(length for _, length in values)
    return math.fsum(value * length for value, length in values) / covered if covered >= seconds / 2 else None


TENTHS = st.integers(0, 3000).map(lambda tenth: tenth / 8)
PARTS = st.lists(st.tuples(st.sampled_from(list(Phase)), st.integers(1, 80).map(lambda tenth: tenth / 8)), max_size=4)
LAID = st.lists(
    st.builds(
        lambda start, seconds, phases: run(start, seconds, phases=phases), TENTHS, st.integers(1, 400).map(lambda n: n / 8), PARTS
    ),
    min_size=1,
    max_size=6,
)
TAKEN = st.lists(
    st.builds(
        sample,
        TENTHS,
        st.none() | st.integers(0, 24_000),
        process_bytes=st.none() | st.integers(0, 24_000),
        energy_joules=st.none() | st.integers(0, 5000).map(float),
        utilisation_ratio=st.none() | st.integers(0, 100).map(lambda part: part / 100),
        throttle=st.sampled_from([None, (), ("gpu_idle",), ("hw_thermal", "sw_power_cap")]),
    ),
    max_size=40,
).map(lambda taken: sorted(taken, key=lambda each: each.at))


@given(LAID, TAKEN)
def test_every_figure_is_the_oracles(runs: list[Run], samples: list[GpuSample]) -> None:
    """Runs in any order, overlapping or not; samples with gaps, unknown values and a counter that goes back."""
    found = joined(runs, samples).found

    for place, one in enumerate(runs):
        expected, got = oracle(one, samples), found.get(place)
        if expected is None or got is None:
            assert got == expected
            continue
        for name in Vram.__dataclass_fields__:
            value, wanted = getattr(got, name), getattr(expected, name)
            close = isinstance(value, float) and isinstance(wanted, float)
            assert value == (pytest.approx(wanted, rel=1e-6, abs=1e-6) if close else wanted), name


@given(LAID, TAKEN, st.randoms(use_true_random=False))
def test_samples_out_of_order_still_count_for_their_run(runs: list[Run], samples: list[GpuSample], random: Any) -> None:
    shuffled = random.sample(samples, len(samples))
    ordered, mixed = joined(runs, samples).found, joined(runs, shuffled).found

    assert {place: (one.peak_bytes, one.samples, one.phases) for place, one in mixed.items()} == {
        place: (one.peak_bytes, one.samples, one.phases) for place, one in ordered.items()
    }


# --- curves ---------------------------------------------------------------------------------------------------------


@given(TAKEN, st.integers(1, 12))
def test_a_thinned_curve_keeps_its_extremes(samples: list[GpuSample], most: int) -> None:
    thinner = Thinner(most)
    for each in samples:
        thinner.add(each)
    points, known = list(thinner.points()), [each for each in samples if each.used_bytes is not None]

    assert len(points) <= most
    assert thinner.samples == len(known)
    assert [point.at for point in points] == sorted(point.at for point in points)
    if known:
        assert max(point.used_max_bytes for point in points) == max(each.used_bytes or 0 for each in known)
        assert min(point.used_min_bytes for point in points) == min(each.used_bytes or 0 for each in known)
        assert points[0].at == known[0].at
    for point in points:
        step = thinner.step_seconds
        inside = [each.used_bytes or 0 for each in known if int(each.at / step) == int(point.at / step)]
        assert (point.used_min_bytes, point.used_max_bytes) == (min(inside), max(inside))
        assert point.used_mean_bytes == round(sum(inside) / len(inside))


def test_a_day_of_samples_is_a_thousand_points() -> None:
    thinner = Thinner()
    for second in range(86_400):
        thinner.add(sample(second, 20_000 if second == 50_000 else 100))
    points = list(thinner.points())

    assert 300 < len(points) <= MOST_POINTS
    assert sum(point.used_max_bytes == 20_000 for point in points) == 1


def test_one_stray_time_costs_one_point() -> None:
    thinner = Thinner()
    for second in range(500):
        thinner.add(sample(second, 5))
    thinner.add(sample(1e9, 5))
    assert len(list(thinner.points())) == 501


# --- which GPU ------------------------------------------------------------------------------------------------------


def seen(process: int | None = None, moved: int = 0, busy: float | None = None) -> Seen:
    return Seen(process_bytes=process, moved_bytes=moved, busy_ratio=busy)


CHOICES = {
    "the only one": ({"3": seen()}, None, "3"),
    "the process": ({"0": seen(0, 9 * GIB), "1": seen(5)}, 0, "1"),
    "most of the process": ({"0": seen(GIB), "1": seen(8 * GIB)}, 0, "1"),
    "the one that moves": ({"0": seen(moved=10 * MIB), "1": seen(moved=8 * GIB), "2": seen()}, 0, "1"),
    "the one that works": ({"0": seen(moved=GIB, busy=0.01), "1": seen(moved=GIB, busy=0.9)}, 0, "1"),
    "as the log says": ({"0": seen(moved=8 * GIB, busy=0.9), "1": seen(moved=8 * GIB, busy=0.9)}, 1, "1"),
    "nobody knows": ({"0": seen(moved=8 * GIB), "1": seen(moved=8 * GIB)}, None, None),
    "the log names another": ({"0": seen(), "1": seen()}, 4, None),
    "an instance, not its GPU": ({"0": seen(5, GIB), "0:1": seen(5, GIB), "0:2": seen(0)}, 0, "0:1"),
}


@pytest.mark.parametrize(("gpus", "index", "expected"), CHOICES.values(), ids=CHOICES)
def test_the_servers_gpu(gpus: dict[str, Seen], index: int | None, expected: str | None) -> None:
    choice = choose(gpus, index)
    assert choice.gpu == expected
    assert choice.why


@pytest.mark.parametrize(
    ("device", "visible", "expected"),
    [
        ("cuda:0 NVIDIA GeForce RTX 4090 : cudaMallocAsync", None, 0),
        ("cuda:1 NVIDIA L4", None, 1),
        ("cuda:0 NVIDIA L4", "2", 2),
        ("cuda:1 NVIDIA L4", "3, 1", 1),
        ("cuda:2 NVIDIA L4", "3,1", None),
        ("cuda:0 NVIDIA L4", "GPU-aa", None),
        ("cpu", None, None),
        (None, "1", None),
    ],
)
def test_the_device_that_the_log_names(device: str | None, visible: str | None, expected: int | None) -> None:
    start = builders.server_start(device=device, cuda_devices=visible)
    assert device_index(start) == expected
    assert device_index(None) is None


def test_each_server_has_its_own_gpu() -> None:
    runs = [run(0, 10), run(20, 10, number=2, server_number=2)]
    samples = [
        sample(second, used, gpu=gpu)
        for second in range(31)
        for gpu, used in ((0, 8 * GIB + second * GIB if second < 15 else GIB), (1, 5 if second < 15 else second * GIB))
    ]
    joiner = Joiner(runs, lambda one: (0, one.server_number))
    for one in samples:
        joiner.feed(GpuSample(at=one.at, gpu=one.gpu, used_bytes=one.used_bytes))
    found = joiner.result(VramSource.NVML, {}, name="x", timezone=None).found

    assert [found[place].gpu for place in (0, 1)] == ["0", "1"]


# --- files beside logs ----------------------------------------------------------------------------------------------

SAMPLE_LOG = SAMPLES / vram_curve.NAME


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "run.log"
    path.write_bytes(SAMPLE_LOG.read_bytes())
    return path


def beside(log: Path, suffix: str = ".vram.csv", text: str | None = None) -> Path:
    path = log.with_name(log.name + suffix)
    path.write_text(vram_curve.csv(vram_curve.SESSION) if text is None else text)
    return path


def notes(report: Report) -> str:
    return " ".join(note for source in report.sources for note in source.notes)


def told(report: Report) -> str:
    return " ".join(text for source in report.sources for text in source.vram)


def test_the_sample_log_is_what_the_generator_writes() -> None:
    assert SAMPLE_LOG.read_bytes() == vram_curve.stamped(vram_curve.SESSION)
    assert (SAMPLES / f"{vram_curve.NAME}.vram.csv").read_text() == vram_curve.csv(vram_curve.SESSION)


@pytest.mark.parametrize("session", SESSIONS)
def test_the_runs_of_a_capture_against_the_oracle(session: str, tmp_path: Path) -> None:
    """A made-up curve beside real sessions, through files, with the arrivals as stamps."""
    log = tmp_path / "run.log"
    log.write_bytes(vram_curve.stamped(session))
    beside(log, text=vram_curve.csv(session))
    report, curve = analyze(log), vram_curve.curve(session)

    assert report.runs or session == "S6c-default-split"
    for one in report.runs:
        begin = one.started_at or 0.0
        end = one.ended_at or begin + (one.observed_seconds or 0.0)
        inside = [each.used_bytes or 0 for each in curve if begin <= each.at <= end]
        assert (one.vram.peak_bytes if one.vram else None) == max(inside, default=None)
        assert one.vram is None or one.vram.samples == len(inside)
        assert one.vram is None or max(peak.peak_bytes for peak in one.vram.phases) == one.vram.peak_bytes
    if report.runs:
        assert [series.samples for series in report.vram] == [len(curve)]


def test_the_file_beside_the_log_is_found(log: Path) -> None:
    assert analyze(log).vram == ()
    path = beside(log)
    report = analyze(log)

    assert {one.vram.source for one in report.runs if one.vram} == {VramSource.NVML}
    assert told(report) == f"VRAM samples: {path}, 116 samples, GPU 0 (the only one sampled)."
    assert notes(report) == ""


def test_a_packed_file_and_rotated_parts_are_found(log: Path) -> None:
    lines = vram_curve.csv(vram_curve.SESSION).splitlines(keepends=True)
    log.with_name("run.log.vram.csv.1.gz").write_bytes(gzip.compress("".join(lines[:60]).encode()))
    beside(log, text="".join([lines[1], *lines[60:]]))
    whole = analyze(SAMPLE_LOG)

    assert [one.vram for one in analyze(log).runs] == [one.vram for one in whole.runs]


def test_a_file_that_is_named_wins_nothing_twice(log: Path) -> None:
    path = beside(log)
    report = analyze(log, vram=path.parent / "." / ".." / path.parent.name / path.name)

    assert len(report.vram) == 1
    assert told(report).count("VRAM samples") == 1


def test_files_that_are_named(log: Path, tmp_path: Path) -> None:
    lines = vram_curve.csv(vram_curve.SESSION).splitlines(keepends=True)
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("".join(lines[:70]))
    second.write_text("".join([lines[1], *lines[66:]]))
    files: list[Log] = [first, str(second)]
    report = analyze(log, vram=files)

    assert [one.vram is not None for one in report.runs] == [True] * 6
    assert len(report.vram) == 2


def test_lines_may_have_samples_too(log: Path) -> None:
    report = analyze(log.read_bytes().split(b"\n"), vram=beside(log))
    assert all(one.vram for one in report.runs)


def test_no_lines_at_all_have_no_samples(log: Path) -> None:
    assert analyze([], vram=beside(log)).runs == ()


def test_a_log_without_stamps_says_so(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    log.write_bytes((SAMPLES / "capture-two-pass.log").read_bytes())
    path = beside(log)
    report = analyze(log)

    assert notes(report) == f"the VRAM samples of {path} have no place in its runs: it has no time stamps"
    assert not any(one.vram for one in report.runs)
    assert len(report.vram) == 1


def naive(log: Path) -> Path:
    """The log with stamps that name no zone, as `ts` writes them."""
    log.write_bytes(
        b"".join(line[:10] + b" " + line[11:26] + b" " + line[31:] for line in SAMPLE_LOG.read_bytes().splitlines(keepends=True))
    )
    return log


def smi(*, hours: int = 0) -> str:
    """The curve as nvidia-smi would have written it on a machine so many hours ahead of UTC."""
    from datetime import UTC, datetime, timedelta

    lines = ["timestamp, index, memory.used [MiB], memory.total [MiB]"]
    for each in vram_curve.curve(vram_curve.SESSION):
        stamp = datetime.fromtimestamp(each.at, UTC) + timedelta(hours=hours)
        used, total = (each.used_bytes or 0) // MIB, (each.total_bytes or 0) // MIB
        lines.append(f"{stamp:%Y/%m/%d %H:%M:%S}.{stamp.microsecond // 1000:03d}, 0, {used} MiB, {total} MiB")
    return "\n".join(lines) + "\n"


def test_clocks_that_name_no_zone_need_one(log: Path) -> None:
    beside(naive(log))
    assert "its stamps name no zone; give --timezone" in notes(analyze(log))
    assert analyze(log).vram == ()
    assert all(one.vram for one in analyze(log, timezone="UTC").runs)


def test_nvidia_smi_beside_an_aware_log_needs_a_zone(log: Path) -> None:
    beside(log, text=smi(hours=2))
    assert "the stamps of" in notes(analyze(log))
    placed = analyze(log, timezone="Etc/GMT-2")
    assert [one.vram.peak_bytes // MIB for one in placed.runs if one.vram] == [
        one.vram.peak_bytes // MIB for one in analyze(SAMPLE_LOG).runs if one.vram
    ]


def test_two_wall_clocks_of_one_machine_fit_as_they_are(log: Path) -> None:
    beside(naive(log), text=smi())
    report = analyze(log)
    assert all(one.vram for one in report.runs)
    assert report.vram[0].timezone is None


def test_nvidia_smi_as_powershell_writes_it(log: Path) -> None:
    beside(naive(log)).write_bytes(smi().replace("\n", "\r\n").encode("utf-16"))
    assert all(one.vram for one in analyze(log).runs)


def test_samples_of_another_day_are_none(log: Path) -> None:
    text = vram_curve.csv(vram_curve.SESSION).replace("\n17954", "\n17944")
    beside(log, text=text)
    report = analyze(log)
    assert "no VRAM sample of" in notes(report)
    assert "lies within one of its runs" in notes(report)
    assert report.vram == ()


def test_gpus_that_cannot_be_told_apart(log: Path) -> None:
    lines = vram_curve.csv(vram_curve.SESSION).splitlines()
    unattributed = [",".join([*line.split(",")[:4], "", *line.split(",")[5:]]) for line in lines[2:]]
    twins = [line.replace(",0,", f",{gpu},", 1) for line in unattributed for gpu in (0, 1)]
    beside(log, text="\n".join([lines[1], *twins]))
    report = analyze(log)

    assert "which of the GPUs 0, 1 the server used cannot be told" in notes(report)
    assert not any(one.vram for one in report.runs)
    assert [series.gpu for series in report.vram] == ["0", "1"]


def test_damaged_lines_are_counted_with_their_numbers(log: Path) -> None:
    lines = vram_curve.csv(vram_curve.SESSION).splitlines()
    lines[9], lines[19] = lines[9][:20], "\x1b[31mboom"
    beside(log, text="\n".join(lines))
    assert "114 samples, GPU 0 (the only one sampled), 2 lines passed over (L10, L20)." in told(analyze(log))


def test_a_packed_file_that_was_cut_off_counts_as_far_as_it_goes(log: Path) -> None:
    data = gzip.compress(vram_curve.csv(vram_curve.SESSION).encode())
    log.with_name("run.log.vram.csv.gz").write_bytes(data[: len(data) * 2 // 3])
    report = analyze(log)
    assert "not read to its end: the gzip data ends too early" in told(report)
    assert report.runs[0].vram == analyze(SAMPLE_LOG).runs[0].vram


@pytest.mark.parametrize(
    ("text", "line"),
    [("got prompt\nPrompt executed in 1.0 seconds\n", 1), ("at,gpu,used_bytes\n1795462989.5,0,\n", 1), ("\n\nx\n", 3)],
    ids=["a log", "nothing known", "blank lines first"],
)
def test_a_file_with_nothing_usable_is_one_line_with_its_place(log: Path, tmp_path: Path, text: str, line: int) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(text)
    with pytest.raises(SourceError, match=rf"wrong\.csv: line {line}: no line says how much GPU memory") as caught:
        analyze(log, vram=wrong)
    assert "\n" not in str(caught.value)


def test_trouble_with_a_file_that_nobody_named_is_a_note(log: Path) -> None:
    beside(log, text="at,gpu,used_bytes\n")
    assert "run.log.vram.csv: line 1: no line says" in notes(analyze(log))
    beside(log).write_bytes(b"")
    assert "run.log.vram.csv: is empty" in notes(analyze(log))


def test_a_file_that_is_missing_is_an_error(log: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        analyze(log, vram=log.with_name("nowhere.csv"))


def test_the_log_of_another_server_gets_nothing(log: Path, tmp_path: Path) -> None:
    """Each log has its own file; one that is named is for all of them."""
    beside(log)
    other = tmp_path / "other.log"
    other.write_bytes(log.read_bytes())
    report = analyze(str(tmp_path / "*.log"))

    by_log = {
        source.name.rpartition("/")[2]: [one for one in report.runs if one.source == source.name] for source in report.sources
    }
    assert [one.vram is not None for one in by_log["run.log"]] == [True] * 6
    assert [one.vram is not None for one in by_log["other.log"]] == [False] * 6
    both = analyze(str(tmp_path / "*.log"), vram=beside(log))
    assert all(one.vram for one in both.runs)
    assert len(both.vram) == 1


def test_the_command_lays_named_files_beside_the_log(log: Path, tmp_path: Path) -> None:
    first, second = (tmp_path / name for name in ("a.csv", "b.csv"))
    lines = vram_curve.csv(vram_curve.SESSION).splitlines(keepends=True)
    first.write_text("".join(lines[:60]))
    second.write_text("".join([lines[1], *lines[60:]]))
    done = command("report", str(log), "--format", "json", "--vram", str(first), "--vram", str(second))
    shown = command("show", str(log), "4", "--format", "text", "--vram", str(second))

    assert [one["vram"]["source"] for one in json.loads(done)["runs"]] == ["nvml"] * 6
    assert "VRAM peak 23.3 GiB of 23.6 GiB (99 %)" in shown


def test_doctor_says_what_the_samples_are_good_for(log: Path) -> None:
    beside(naive(log))
    told = " ".join(command("doctor", str(log)).split())
    assert "VRAM samples cannot be used" in told
    assert "its stamps name no zone; give --timezone" in told
    assert "VRAM samples for 6 of 6 runs." in command("doctor", str(log), "--timezone", "UTC")


def command(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "from analyzer.cli import main; main()", *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_file_names_are_not_for_everybody(log: Path) -> None:
    path = beside(log)
    report = analyze(log)
    shared = Options(redactor=Redactor(), width=200)
    private = replace(report, sources=tuple(replace(one, vram=("VRAM samples: /home/gertrude/x.csv",)) for one in report.sources))

    assert path.name in str(render(named("text"), report, Options(width=200)))
    assert "gertrude" not in str(render(named("text"), private, shared))


# --- the history ----------------------------------------------------------------------------------------------------


def test_samples_go_into_the_history_and_stay_there(log: Path, tmp_path: Path) -> None:
    path = beside(log)
    store = open_store(str(tmp_path / "history.db"))
    list(ingest(store, [str(log)], ReadOptions(), naming=Naming(), limit_seconds=None, now=1.0))
    expected = [one.vram for one in analyze(log).runs][::-1]
    stored = list(store.runs())

    assert [(one.vram_peak_bytes, one.vram_mean_bytes, one.vram_total_bytes) for one in stored] == [
        (vram.peak_bytes, vram.mean_bytes, vram.total_bytes) for vram in expected if vram
    ]
    assert all(one.energy_joules and one.vram_other_peak_bytes for one in stored)

    path.unlink()
    log.write_bytes(log.read_bytes() + b"2026-11-24T01:00:00.000000000Z got prompt\n")
    list(ingest(store, [str(log)], ReadOptions(), naming=Naming(), limit_seconds=None, now=2.0))
    assert list(store.runs()) == stored
    store.close()
