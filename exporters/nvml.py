"""NVIDIA GPUs by the driver's library: samples, processes, and what to do when it goes away and comes back.

The only place that imports pynvml, and not before it is needed.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from analyzer.vram.facts import GpuFacts, Problem
from analyzer.vram.sample import GpuSample
from exporters.namespaces import has_foreign_pids
from exporters.nvml_calls import Calls, Device, GoneError, Held

FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS = 1.0, 60.0
_DEVICE_FILES = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg", "/proc/driver/nvidia/version")
_PROBLEMS = {
    "NVMLError_LibraryNotFound": Problem.NO_LIBRARY,
    "NVMLError_DriverNotLoaded": Problem.NO_DRIVER,
    "NVMLError_LibRmVersionMismatch": Problem.MISMATCH,
    "NVMLError_NoPermission": Problem.NO_PERMISSION,
    "NVMLError_GpuIsLost": Problem.LOST,
    "NVMLError_ResetRequired": Problem.LOST,
    "NVMLError_Unknown": Problem.LOST,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuProcess:
    """A process on a GPU. `gpu`: the GPU's label; `ours`: it belongs to the server; `name`: without its folder."""

    gpu: str
    pid: int
    used_bytes: int | None
    name: str | None
    ours: bool


def library() -> Any | None:
    """pynvml (the package nvidia-ml-py); None where it is not installed."""
    with suppress(ImportError):
        import pynvml

        return pynvml
    return None


class NvmlSampler:
    """Samples of all GPUs and MIG instances. Never raises: what cannot be read is None, what is gone is left out, and `problem`
    says why there is nothing.

    `pids`: the server's processes, asked anew each time. When a GPU or the driver is lost the library is started anew, soon at
    first, then less and less often; the other GPUs go on in the meantime.
    """

    def __init__(
        self,
        *,
        pids: Callable[[], Collection[int]] = tuple,
        nvml: Any = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        foreign_pids: bool | None = None,
    ) -> None:
        self.problem: Problem | None = None
        self._pids = pids
        self._nvml: Any = library() if nvml is None else nvml
        self._clock, self._monotonic = clock, monotonic
        self._foreign_pids = has_foreign_pids() if foreign_pids is None else foreign_pids
        self._lock = threading.Lock()
        self._calls: Calls | None = None
        self._devices: list[Device] = []
        self._retry_at: float | None = None
        self._retry_seconds = FIRST_RETRY_SECONDS
        self._most_gpus = 0
        self._closed = False
        self._begin()

    @property
    def devices(self) -> tuple[Device, ...]:
        """The GPUs that are there now."""
        return tuple(self._devices)

    def sample(self) -> list[GpuSample]:
        """A sample of each GPU that answers."""
        with self._lock:
            self._recover()
            at, pids = self._clock(), None if self._foreign_pids else self._pids()
            samples = [sample for device in self._devices if (sample := self._sample(device, at, pids)) is not None]
            if self._devices:
                self.problem = None if samples else Problem.LOST
            if self._retry_at is None:
                self._retry_seconds = FIRST_RETRY_SECONDS
            return samples

    def processes(self) -> list[GpuProcess]:
        """Everybody on the GPUs, as far as the driver tells."""
        with self._lock:
            self._recover()
            ours = set() if self._foreign_pids else set(self._pids())
            return [self._process(device, held, ours) for device in self._devices for held in self._held(device) or ()]

    def facts(self) -> GpuFacts:
        """What can be known on this machine."""
        with self._lock:
            calls = self._calls
            return GpuFacts(
                problem=self.problem,
                gpus=sum(device.instance is None for device in self._devices),
                foreign_pids=self._foreign_pids,
                wddm=calls is not None and any(self._or_none(calls.is_wddm, device.handle) for device in self._devices),
            )

    def close(self) -> None:
        """Lets go of the library."""
        with self._lock:
            self._closed = True
            self._end()

    # --- the library's life --------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Starts the library and looks for GPUs; `problem` says why there are none."""
        if self._nvml is None:
            self.problem = Problem.NO_PACKAGE
            return
        try:
            self._nvml.nvmlInit()
        except self._nvml.NVMLError as error:
            self.problem = _PROBLEMS.get(type(error).__name__, Problem.OTHER)
            self._retry_later()
            return
        self._calls = Calls(self._nvml)
        count: int | None = self._or_none(self._calls.count)
        self._devices = [device for gpu in range(count or 0) for device in self._or_none(_found, self._calls, gpu) or ()]
        self.problem = None if self._devices else Problem.NO_GPU if count == 0 else Problem.LOST
        boards = sum(device.instance is None for device in self._devices)
        self._most_gpus = max(self._most_gpus, boards)
        if boards < max(1, self._most_gpus):
            self._retry_later()

    def _end(self) -> None:
        if self._calls is not None:
            with suppress(self._nvml.NVMLError):
                self._nvml.nvmlShutdown()
        self._calls, self._devices = None, []

    def _recover(self) -> None:
        """Starts the library anew where something is lost and it is time to."""
        if self._closed or self._retry_at is None or self._monotonic() < self._retry_at:
            return
        self._retry_at = None
        self._end()
        self._begin()

    def _retry_later(self) -> None:
        if self._retry_at is None:
            self._retry_at = self._monotonic() + self._retry_seconds
            self._retry_seconds = min(LAST_RETRY_SECONDS, self._retry_seconds * 2)

    def _or_none(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """The answer of a call; None, and a new start later on, where what was asked is gone."""
        try:
            return call(*arguments)
        except GoneError:
            self._retry_later()
            return None

    # --- readings ------------------------------------------------------------------------------------------------

    def _sample(self, device: Device, at: float, pids: Collection[int] | None) -> GpuSample | None:
        calls = self._calls
        if calls is None:
            return None
        try:
            memory, handle = calls.memory(device.handle), device.handle
            return GpuSample(
                at=at,
                gpu=device.gpu,
                instance=device.instance,
                used_bytes=None if memory is None else memory.used_bytes,
                total_bytes=None if memory is None else memory.total_bytes,
                process_bytes=_ours(calls.processes(handle), pids) if pids else None,
                utilisation_ratio=calls.utilisation_ratio(handle),
                temperature_celsius=calls.temperature_celsius(handle),
                power_watts=calls.power_watts(handle),
                energy_joules=calls.energy_joules(handle),
                throttle=calls.throttle(handle),
                uuid=device.uuid,
                name=device.name,
            )
        except GoneError:
            self._retry_later()
            return None

    def _held(self, device: Device) -> list[Held] | None:
        held: list[Held] | None = self._or_none(self._calls.processes, device.handle) if self._calls else None
        return held

    def _process(self, device: Device, held: Held, ours: Collection[int]) -> GpuProcess:
        name = self._or_none(self._calls.process_name, held.pid) if self._calls else None
        return GpuProcess(gpu=device.label, pid=held.pid, used_bytes=held.used_bytes, name=name, ours=held.pid in ours)


def _found(calls: Calls, gpu: int) -> list[Device]:
    return list(calls.device(gpu))


def _ours(held: list[Held] | None, pids: Collection[int]) -> int | None:
    """What the server's processes hold together; 0 where none of them is there, None where the driver does not say."""
    sizes = [one.used_bytes for one in held or () if one.pid in pids]
    return None if held is None or None in sizes else sum(size or 0 for size in sizes)


def sampler_for(pid: int | None, port: int | None = None) -> NvmlSampler:
    """A sampler for a server's process and its children, else for that which listens on a port; None: not known which."""
    from exporters.listener import Listener
    from exporters.process_tree import Family

    if pid is not None:
        return NvmlSampler(pids=Family(pid).pids)
    return NvmlSampler() if port is None else NvmlSampler(pids=Listener(port).pids)


def find_facts(nvml: Any = None, *, visible: bool | None = None) -> GpuFacts:
    """What can be known on this machine. Quick where there is no GPU: then the library is not even looked for."""
    there = (sys.platform == "win32" or any(map(os.path.exists, _DEVICE_FILES))) if visible is None else visible
    if not there:
        return GpuFacts(problem=Problem.NO_DRIVER, visible=False)
    sampler = NvmlSampler(nvml=nvml)
    try:
        return sampler.facts()
    finally:
        sampler.close()
