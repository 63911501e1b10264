"""The driver's library: partial support, loss and return, MIG, Windows, containers; and what is built on its samples."""

import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pynvml
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.vram.facts import GpuFacts, Problem
from analyzer.vram.recorded import row
from analyzer.vram.sample import GpuSample
from exporters.background import BackgroundSampler, pause_seconds
from exporters.namespaces import has_foreign_pids
from exporters.nvml import LAST_RETRY_SECONDS, GpuProcess, NvmlSampler, find_facts, sampler_for
from exporters.peak_hold import Peak, PeakHold
from exporters.process_tree import Family
from tests.fake_nvml import (
    INVALID,
    LOST,
    MIB,
    NO_DRIVER,
    NO_FUNCTION,
    NO_LIBRARY,
    NOT_SUPPORTED,
    UNINITIALIZED,
    UNKNOWN,
    FakeNvml,
    Gpu,
    gpu,
    process,
)

AT = 1_779_048_645.0


class Time:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def sampler(nvml: FakeNvml, *, pids: Sequence[int] = (), time: Time | None = None, foreign_pids: bool = False) -> NvmlSampler:
    return NvmlSampler(nvml=nvml, pids=lambda: pids, clock=lambda: AT, monotonic=time or Time(), foreign_pids=foreign_pids)


def one(nvml: FakeNvml, *, pids: Sequence[int] = (), foreign_pids: bool = False) -> GpuSample:
    (found,) = sampler(nvml, pids=pids, foreign_pids=foreign_pids).sample()
    return found


# --- readings -------------------------------------------------------------------------------------------------------


def test_everything_that_a_gpu_tells() -> None:
    assert one(FakeNvml(gpu())) == GpuSample(
        at=AT,
        gpu=0,
        used_bytes=10_000 * MIB,
        total_bytes=24_200 * MIB,
        utilisation_ratio=0.98,
        temperature_celsius=61.0,
        power_watts=318.52,
        energy_joules=81_234_567.125,
        throttle=("sw_power_cap",),
        uuid="GPU-0",
        name="NVIDIA GeForce RTX 4090",
    )


def test_all_gpus_in_the_drivers_order() -> None:
    found = sampler(FakeNvml(gpu(0), gpu(1), gpu(2))).sample()
    assert [(each.gpu, each.used_bytes) for each in found] == [(0, 10_000 * MIB), (1, 10_001 * MIB), (2, 10_002 * MIB)]


READINGS = {
    "nvmlDeviceGetUtilizationRates": "utilisation_ratio",
    "nvmlDeviceGetTemperature": "temperature_celsius",
    "nvmlDeviceGetPowerUsage": "power_watts",
    "nvmlDeviceGetTotalEnergyConsumption": "energy_joules",
    "nvmlDeviceGetCurrentClocksEventReasons": "throttle",
    "nvmlDeviceGetUUID": "uuid",
    "nvmlDeviceGetName": "name",
}
FAILURES = [
    NOT_SUPPORTED,
    NO_FUNCTION,
    UNKNOWN,
    pynvml.NVMLError(pynvml.NVML_ERROR_NO_PERMISSION),
    pynvml.NVMLLibraryMismatchError(),
]


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(("function", "name"), READINGS.items(), ids=READINGS.values())
def test_each_reading_fails_alone(function: str, name: str, error: Exception) -> None:
    answers: dict[str, Any] = {function: error}
    whole, partial = one(FakeNvml(gpu())), one(FakeNvml(gpu(**answers)))

    assert getattr(partial, name) is None
    others = [field for field in GpuSample.__dataclass_fields__ if field != name]
    assert [getattr(partial, field) for field in others] == [getattr(whole, field) for field in others]


def test_a_gpu_that_does_not_even_tell_its_memory_is_still_sampled() -> None:
    found = one(FakeNvml(gpu(nvmlDeviceGetMemoryInfo=NOT_SUPPORTED)))
    assert (found.used_bytes, found.total_bytes, found.power_watts) == (None, None, 318.52)


def test_an_old_driver_has_the_older_functions() -> None:
    old = gpu(
        nvmlDeviceGetCurrentClocksEventReasons=NO_FUNCTION,
        nvmlDeviceGetCurrentClocksThrottleReasons=0x40,
        nvmlDeviceGetComputeRunningProcesses=pynvml.NVMLLibraryMismatchError(),
        nvmlDeviceGetComputeRunningProcesses_v2=[process(7, 5)],
        nvmlDeviceGetGraphicsRunningProcesses=pynvml.NVMLLibraryMismatchError(),
    )
    old.old_memory = True
    found = one(FakeNvml(old), pids=[7])

    assert (found.used_bytes, found.total_bytes) == (10_000 * MIB, 24_564 * MIB)
    assert found.throttle == ("hw_thermal",)
    assert found.process_bytes == 5


def test_a_new_driver_without_the_old_temperature() -> None:
    new = gpu(nvmlDeviceGetTemperature=NO_FUNCTION, nvmlDeviceGetTemperatureV=55)
    assert one(FakeNvml(new)).temperature_celsius == 55.0


def test_a_name_that_is_no_text_does_no_harm() -> None:
    assert one(FakeNvml(gpu(nvmlDeviceGetName=UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x")))).name is None


# --- processes ------------------------------------------------------------------------------------------------------

LISTS: dict[str, tuple[dict[str, Any], Sequence[int], int | None]] = {
    "two of ours": ({"Compute": [process(7, 100), process(8, 30), process(9, 500)]}, (7, 8), 130),
    "one in both lists": ({"Compute": [process(7, 100)], "Graphics": [process(7, 100), process(9, 5)]}, (7,), 100),
    "not on this GPU": ({"Compute": [process(9, 500)]}, (7,), 0),
    "nobody": ({}, (7,), 0),
    "not asked": ({"Compute": [process(7, 100)]}, (), None),
    "Windows does not tell": ({"Compute": [process(7, None)], "Graphics": [process(9, None)]}, (7,), None),
    "a value that means nothing": ({"Compute": [process(7, 2**64 - 1)]}, (7,), None),
    "one list is not supported": ({"Compute": [process(7, 100)], "Graphics": NOT_SUPPORTED}, (7,), 100),
    "neither is": ({"Compute": NOT_SUPPORTED, "Graphics": NOT_SUPPORTED}, (7,), None),
}


def listed(**lists: Any) -> Gpu:
    return gpu(**{f"nvmlDeviceGet{kind}RunningProcesses": rows for kind, rows in lists.items()})


@pytest.mark.parametrize(("lists", "pids", "expected"), LISTS.values(), ids=LISTS)
def test_what_the_servers_processes_hold(lists: dict[str, Any], pids: Sequence[int], expected: int | None) -> None:
    assert one(FakeNvml(listed(**lists)), pids=pids).process_bytes == expected


def test_in_a_container_the_drivers_numbers_mean_other_processes() -> None:
    """A process of the host may have our number: what it holds must not be taken for ours."""
    assert one(FakeNvml(listed(Compute=[process(7, 100)])), pids=[7], foreign_pids=True).process_bytes is None


def test_everybody_on_the_gpus() -> None:
    nvml = FakeNvml(listed(Compute=[process(7, 100), process(9, None)]), listed(Graphics=[process(11, 3)]))
    nvml.names = {7: "/home/me/venv/bin/python3", 9: "C:\\Games\\game.exe"}

    assert sampler(nvml, pids=[7]).processes() == [
        GpuProcess(gpu="0", pid=7, used_bytes=100, name="python3", ours=True),
        GpuProcess(gpu="0", pid=9, used_bytes=None, name="game.exe", ours=False),
        GpuProcess(gpu="1", pid=11, used_bytes=3, name=None, ours=False),
    ]
    assert not any(each.ours for each in sampler(nvml, pids=[7], foreign_pids=True).processes())


# --- MIG ------------------------------------------------------------------------------------------------------------


def instance(used: int) -> Gpu:
    """What a MIG instance answers: memory and processes, but neither power nor temperature."""
    answers = {
        "nvmlDeviceGetUUID": f"MIG-{used}",
        "nvmlDeviceGetMemoryInfo": SimpleNamespace(total=9_856 * MIB, reserved=0, used=used * MIB),
        "nvmlDeviceGetComputeRunningProcesses": [process(7, used)],
    }
    return Gpu(answers=answers)


def test_mig_instances_beside_their_gpu() -> None:
    divided = gpu()
    divided.instances = [instance(10), None, instance(30)]
    found = sampler(FakeNvml(divided, gpu(1)), pids=[7]).sample()

    assert [(each.label, (each.used_bytes or 0) // MIB, each.power_watts) for each in found] == [
        ("0:0", 10, None),
        ("0:2", 30, None),
        ("0", 10_000, 318.52),
        ("1", 10_001, 318.52),
    ]
    assert [each.process_bytes for each in found] == [10, 30, 0, 0]


def test_an_instance_that_is_taken_away_brings_a_new_look() -> None:
    time, divided = Time(), gpu()
    gone = instance(10)
    divided.instances = [gone, instance(30)]
    nvml = FakeNvml(divided)
    taken = sampler(nvml, time=time)
    gone.broken, divided.instances[0] = INVALID, None

    assert [each.label for each in taken.sample()] == ["0:1", "0"]
    time.now += 1
    divided.instances[0] = instance(20)
    assert [each.label for each in taken.sample()] == ["0:0", "0:1", "0"]


# --- loss and return ------------------------------------------------------------------------------------------------


def test_a_lost_gpu_does_not_take_the_others_along() -> None:
    time, first, second = Time(), gpu(0), gpu(1)
    nvml = FakeNvml(first, second)
    taken = sampler(nvml, time=time)
    first.broken = LOST

    for _ in range(200):
        assert [each.gpu for each in taken.sample()] == [1]
        time.now += 1
    # Each wait is twice as long as the one before, up to a minute.
    assert nvml.calls["nvmlInit"] == 1 + len([1, 3, 7, 15, 31, 63, 123, 183])
    assert taken.problem is None

    first.broken = None
    time.now += LAST_RETRY_SECONDS
    assert [each.gpu for each in taken.sample()] == [0, 1]
    assert nvml.calls["nvmlInit"] == nvml.calls["nvmlShutdown"] + 1


@pytest.mark.parametrize("error", [LOST, UNKNOWN, UNINITIALIZED, NO_DRIVER], ids=lambda error: type(error).__name__)
def test_the_only_gpu_is_lost_and_comes_back(error: Exception) -> None:
    time, only = Time(), gpu()
    taken = sampler(FakeNvml(only), time=time)
    only.broken = error

    assert taken.sample() == []
    assert taken.problem is Problem.LOST
    time.now += 0.9
    only.broken = None
    assert taken.sample() != []
    assert taken.problem is None


def test_a_driver_that_is_loaded_anew() -> None:
    time, nvml = Time(), FakeNvml(gpu(0), gpu(1))
    taken = sampler(nvml, time=time)
    nvml.restart()
    nvml.init_error = NO_DRIVER

    assert taken.sample() == []
    time.now += 1
    assert taken.sample() == []
    assert taken.problem is Problem.NO_DRIVER
    nvml.init_error = None
    time.now += 2
    assert [each.gpu for each in taken.sample()] == [0, 1]
    assert taken.problem is None


def test_a_gpu_that_comes_and_goes_is_not_asked_ever_faster() -> None:
    time, only = Time(), gpu(nvmlDeviceGetMemoryInfo=UNKNOWN)
    nvml = FakeNvml(only)
    taken = sampler(nvml, time=time)
    for _ in range(300):
        assert taken.sample() == []
        time.now += 1

    assert nvml.calls["nvmlInit"] < 15


def test_the_wait_is_short_again_after_a_good_time() -> None:
    time, only = Time(), gpu()
    taken = sampler(FakeNvml(only), time=time)
    for _ in range(3):
        only.broken = LOST
        for _ in range(20):
            taken.sample()
            time.now += 1
        only.broken = None
        time.now += 60
        assert taken.sample() != []
    only.broken = LOST
    taken.sample()
    only.broken = None
    time.now += 1
    assert taken.sample() != []


NOTHING = {
    "no library": (NO_LIBRARY, Problem.NO_LIBRARY),
    "no driver": (NO_DRIVER, Problem.NO_DRIVER),
    "an update without a restart": (
        pynvml.NVMLError(pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH),
        Problem.MISMATCH,
    ),
    "no permission": (pynvml.NVMLError(pynvml.NVML_ERROR_NO_PERMISSION), Problem.NO_PERMISSION),
    "something else": (pynvml.NVMLError(pynvml.NVML_ERROR_OPERATING_SYSTEM), Problem.OTHER),
}


@pytest.mark.parametrize(("error", "problem"), NOTHING.values(), ids=NOTHING)
def test_without_nvml_there_is_a_reason_and_no_exception(error: Exception, problem: Problem) -> None:
    time, nvml = Time(), FakeNvml(gpu())
    nvml.init_error = error
    taken = sampler(nvml, time=time)

    assert (taken.sample(), taken.processes(), taken.problem) == ([], [], problem)
    assert taken.facts().problem is problem
    nvml.init_error = None
    time.now += 1
    assert len(taken.sample()) == 1, "a driver may be loaded later"


def test_without_the_package_there_is_a_reason_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    taken = NvmlSampler(foreign_pids=False)
    assert (taken.sample(), taken.processes(), taken.problem) == ([], [], Problem.NO_PACKAGE)
    taken.close()


def test_a_machine_without_gpus() -> None:
    taken = sampler(FakeNvml())
    assert (taken.sample(), taken.problem) == ([], Problem.NO_GPU)


def test_closed_is_closed() -> None:
    time, nvml = Time(), FakeNvml(gpu())
    taken = sampler(nvml, time=time)
    taken.close()
    time.now += 1000

    assert (taken.sample(), taken.processes()) == ([], [])
    assert nvml.calls["nvmlInit"] == nvml.calls["nvmlShutdown"] == 1
    taken.close()


ERRORS = [pynvml.NVMLError(code) for code in sorted(pynvml.NVMLError._valClassMapping)]
ANSWERS = [*READINGS, "nvmlDeviceGetMemoryInfo", "nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetGraphicsRunningProcesses"]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 1),
            st.sampled_from([*ANSWERS, "broken", "init", "restart", "heal"]),
            st.sampled_from(ERRORS),
            st.integers(0, 30),
        ),
        max_size=25,
    )
)
def test_whatever_fails_whenever(events: list[tuple[int, str, Any, int]]) -> None:
    """No exception, no sample that cannot be written, and all is well a while after all is well."""
    time, gpus = Time(), [gpu(0), gpu(1)]
    nvml = FakeNvml(*gpus)
    taken = sampler(nvml, time=time, pids=[7])
    for place, what, error, seconds in events:
        if what == "broken":
            gpus[place].broken = error
        elif what == "init":
            nvml.init_error = error
        elif what == "restart":
            nvml.restart()
        elif what == "heal":
            gpus[place].broken, gpus[place].answers, nvml.init_error = None, gpu(place).answers, None
        else:
            gpus[place].answers[what] = error
        for sample in taken.sample():
            assert row(sample).count(",") == 9
        taken.processes()
        time.now += seconds
    for place in (0, 1):
        gpus[place].broken, gpus[place].answers = None, gpu(place).answers
    nvml.init_error = None
    for _ in range(3):
        time.now += LAST_RETRY_SECONDS
        found = taken.sample()

    assert [each.used_bytes for each in found] == [10_000 * MIB, 10_001 * MIB]
    assert taken.problem is None


def test_the_real_library_on_this_machine() -> None:
    """With or without a GPU: samples that can be written, or a reason."""
    taken = sampler_for(None)
    try:
        found = taken.sample()
        assert bool(found) != bool(taken.problem)
        assert all(row(sample) for sample in found)
    finally:
        taken.close()


# --- facts for doctor -----------------------------------------------------------------------------------------------


def test_facts() -> None:
    windows = gpu(nvmlDeviceGetDriverModel=[pynvml.NVML_DRIVER_WDDM, pynvml.NVML_DRIVER_WDDM])
    older = gpu(nvmlDeviceGetDriverModel=NO_FUNCTION, nvmlDeviceGetDriverModel_v1=[0, 0])
    tesla = gpu(nvmlDeviceGetDriverModel=[pynvml.NVML_DRIVER_WDM, pynvml.NVML_DRIVER_WDM])
    divided = gpu()
    divided.instances = [instance(1), instance(2)]

    assert sampler(FakeNvml(gpu(), gpu(1))).facts() == GpuFacts(gpus=2)
    assert sampler(FakeNvml(divided)).facts() == GpuFacts(gpus=1)
    assert sampler(FakeNvml(windows)).facts() == GpuFacts(gpus=1, wddm=True)
    assert sampler(FakeNvml(older)).facts() == GpuFacts(gpus=1, wddm=True)
    assert sampler(FakeNvml(tesla)).facts() == GpuFacts(gpus=1)
    assert sampler(FakeNvml(gpu()), foreign_pids=True).facts() == GpuFacts(gpus=1, foreign_pids=True)


def test_the_library_is_not_even_looked_for_where_there_is_no_gpu() -> None:
    nvml = FakeNvml(gpu())
    assert find_facts(nvml, visible=False) == GpuFacts(problem=Problem.NO_DRIVER, visible=False)
    assert nvml.calls["nvmlInit"] == 0
    assert find_facts(nvml, visible=True).gpus == 1
    assert nvml.calls["nvmlShutdown"] == 1


# --- processes of this machine --------------------------------------------------------------------------------------


def test_a_process_and_what_it_started() -> None:
    """A shell that starts a program, as start scripts do."""
    inner = "import sys; print('up', flush=True); sys.stdin.read()"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    with subprocess.Popen([sys.executable, "-c", outer], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"up\n"
        now = [0.0]
        family = Family(child.pid, lambda: now[0])
        found = family.pids()
        child.communicate()

    assert child.pid in found
    assert len(found) == 2
    assert family.pids() == found, "it is not looked for at every sample"
    now[0] = 6.0
    assert family.pids() == {child.pid}, "one that is over is itself alone"


def test_a_namespace_of_its_own_is_seen(tmp_path: Path) -> None:
    elsewhere = tmp_path / "pid"
    elsewhere.touch()
    assert has_foreign_pids(elsewhere) == (sys.platform == "linux")
    assert not has_foreign_pids(tmp_path / "missing")


# --- peaks ----------------------------------------------------------------------------------------------------------


def look(*used: int | None) -> list[GpuSample]:
    return [GpuSample(at=AT, gpu=number, used_bytes=value, process_bytes=value) for number, value in enumerate(used)]


def test_peaks_since_a_run_began_and_between_scrapes() -> None:
    hold = PeakHold()
    hold.feed(look(10))
    assert hold.take("scrape") == {"0": Peak(used_bytes=10, process_bytes=10)}
    hold.begin("run")
    hold.feed(look(50))
    hold.feed(look(20))

    assert hold.take("scrape")["0"].used_bytes == 50
    assert hold.take("scrape")["0"].used_bytes == 20, "what is in use at the last look still is"
    assert hold.peaks("run")["0"].used_bytes == 50
    hold.end("run")
    assert hold.peaks("run") == {}


@given(
    st.lists(
        st.lists(st.none() | st.integers(0, 99), min_size=1, max_size=3) | st.sampled_from(["run", "one", "two"]), max_size=30
    )
)
def test_peaks_against_all_looks(steps: list[Any]) -> None:
    """`run` begins anew, `one` and `two` are readers that look at their own times."""
    hold, looks = PeakHold(), list[list[int | None]]()
    begun: dict[str, int] = {}
    for step in steps:
        if isinstance(step, list):
            looks.append(step)
            hold.feed(look(*step))
            continue
        first = begun.get(step, len(looks) - 1)
        seen = looks[max(0, first) :] if looks else []
        labels = {str(place) for each in seen for place in range(len(each))}
        expected = {
            label: max(
                (each[int(label)] or 0 for each in seen if len(each) > int(label) and each[int(label)] is not None), default=None
            )
            for label in labels
        }
        found = hold.take(step) if step != "run" else hold.peaks("run")
        if step != "run" or step in begun:
            assert {label: peak.used_bytes for label, peak in found.items()} == expected
        hold.begin(step)
        begun[step] = len(looks) - 1


# --- in the background ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("took", "every", "pause"),
    [(0.0, 1.0, 1.0), (0.01, 1.0, 0.99), (0.05, 1.0, 0.95), (0.2, 1.0, 3.8), (5.0, 1.0, 95.0), (2.0, 10.0, 38.0)],
)
def test_a_slow_driver_is_asked_less_often(took: float, every: float, pause: float) -> None:
    assert pause_seconds(took, every) == pytest.approx(pause)
    assert took == 0 or took / (took + pause) <= 0.05 + 1e-9


class Scripted:
    """A sampler that fails at its second look and says when it is closed."""

    def __init__(self) -> None:
        self.looks = 0
        self.closed = threading.Event()

    def sample(self) -> list[GpuSample]:
        self.looks += 1
        if self.looks == 2:
            raise RuntimeError("a bad look")
        return look(self.looks)

    def processes(self) -> list[GpuProcess]:
        return [GpuProcess(gpu="0", pid=self.looks, used_bytes=1, name="one", ours=False)]

    def close(self) -> None:
        self.closed.set()


def test_sampling_in_the_background_outlives_a_bad_look() -> None:
    scripted, done = Scripted(), threading.Event()
    seen: list[int | None] = []

    def take(samples: Sequence[GpuSample]) -> None:
        seen.append(samples[0].used_bytes)
        if len(seen) == 4:
            done.set()

    told: list[int] = []
    background = BackgroundSampler(
        scripted, on_samples=take, on_processes=lambda processes: told.append(processes[0].pid), every_seconds=0.001
    )
    background.start()
    assert done.wait(30)
    background.close()

    assert scripted.closed.wait(30)
    assert seen[:4] == [1, 3, 4, 5]
    assert told[0] == 1
    assert len(told) < len(seen)
    assert (background.failures, str(background.error)) == (1, "a bad look")
    assert background.latest[0].used_bytes == seen[-1]


def test_a_sampler_that_never_began_can_be_closed() -> None:
    BackgroundSampler(Scripted()).close()
