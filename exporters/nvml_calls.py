"""One call to NVML at a time, each failing alone: what a device does not support is None, what is gone is an exception.

The library is handed in. Names and exceptions are those of `nvidia-ml-py` (imported as `pynvml`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from analyzer.vram.nvidia_smi import throttle_words

# After these nothing that was got from the library before is of use any more.
_GONE = (
    "NVMLError_GpuIsLost",
    "NVMLError_Uninitialized",
    "NVMLError_DriverNotLoaded",
    "NVMLError_ResetRequired",
    "NVMLError_LibRmVersionMismatch",
)
# A device that does not tell even its memory for one of these is gone too: a restarted driver, a MIG instance taken away.
_GONE_IF_NEEDED = (*_GONE, "NVMLError_Unknown", "NVMLError_InvalidArgument", "NVMLError_NotFound", "NVMLError_Timeout")
_NOT_AVAILABLE = 2**64 - 1


class GoneError(Exception):
    """The device, or the driver, is not there any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A GPU or one of its MIG instances. `board`: the handle of the GPU."""

    handle: Any
    board: Any
    gpu: int
    instance: int | None = None
    uuid: str | None = None
    name: str | None = None

    @property
    def label(self) -> str:
        """As `GpuSample.label`."""
        return str(self.gpu) if self.instance is None else f"{self.gpu}:{self.instance}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    used_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a process holds on a GPU; None: the driver does not say (WDDM)."""

    pid: int
    used_bytes: int | None


class Calls:
    """Asks the library."""

    def __init__(self, nvml: Any) -> None:
        self._nvml = nvml
        self._gone = _classes(nvml, _GONE)
        self._gone_if_needed = _classes(nvml, _GONE_IF_NEEDED)
        self._failures = (nvml.NVMLError, *_classes(nvml, ("NVMLLibraryMismatchError",)), UnicodeDecodeError)

    def ask(self, function: str, *arguments: Any, **named: Any) -> Any:
        """The answer; None where there is none. Raises GoneError."""
        return self._ask(self._gone, function, *arguments, **named)

    def _ask(self, gone: tuple[type[Exception], ...], function: str, *arguments: Any, **named: Any) -> Any:
        call = getattr(self._nvml, function, None)
        if call is None:
            return None
        try:
            return call(*arguments, **named)
        except gone as error:
            raise GoneError(str(error)) from error
        except self._failures:
            return None

    # --- devices -------------------------------------------------------------------------------------------------

    def count(self) -> int:
        """How many GPUs there should be. Raises GoneError."""
        count: int = self.ask("nvmlDeviceGetCount") or 0
        return count

    def device(self, gpu: int) -> Iterator[Device]:
        """A GPU behind its MIG instances. Raises GoneError."""
        handle = self._ask(self._gone_if_needed, "nvmlDeviceGetHandleByIndex", gpu)
        if handle is None:
            return
        for place in range(self._instances(handle)):
            instance = self.ask("nvmlDeviceGetMigDeviceHandleByIndex", handle, place)
            if instance is not None:
                yield self._named(Device(handle=instance, board=handle, gpu=gpu, instance=place))
        yield self._named(Device(handle=handle, board=handle, gpu=gpu))

    def _instances(self, handle: Any) -> int:
        """How many places for MIG instances there are; 0 where the GPU is not divided."""
        mode = self.ask("nvmlDeviceGetMigMode", handle)
        return (self.ask("nvmlDeviceGetMaxMigDeviceCount", handle) or 0) if mode and mode[0] else 0

    def _named(self, device: Device) -> Device:
        return Device(
            handle=device.handle,
            board=device.board,
            gpu=device.gpu,
            instance=device.instance,
            uuid=self.ask("nvmlDeviceGetUUID", device.handle),
            name=self.ask("nvmlDeviceGetName", device.handle),
        )

    # --- readings ------------------------------------------------------------------------------------------------

    def memory(self, handle: Any) -> Memory | None:
        """The memory in use and what can be had. Since driver 510 the library tells the driver's own part apart; before, it is
        in use. Raises GoneError."""
        version = self._nvml.nvmlMemory_v2
        if (split := self._ask(self._gone_if_needed, "nvmlDeviceGetMemoryInfo", handle, version=version)) is not None:
            return Memory(used_bytes=split.used, total_bytes=max(split.used, split.total - split.reserved))
        whole = self._ask(self._gone_if_needed, "nvmlDeviceGetMemoryInfo", handle)
        return None if whole is None else Memory(used_bytes=whole.used, total_bytes=whole.total)

    def utilisation_ratio(self, handle: Any) -> float | None:
        rates = self.ask("nvmlDeviceGetUtilizationRates", handle)
        return None if rates is None else min(100, rates.gpu) / 100

    def temperature_celsius(self, handle: Any) -> float | None:
        sensor = self._nvml.NVML_TEMPERATURE_GPU
        value = self.ask("nvmlDeviceGetTemperature", handle, sensor)
        value = self.ask("nvmlDeviceGetTemperatureV", handle, sensor) if value is None else value
        return None if value is None else float(value)

    def power_watts(self, handle: Any) -> float | None:
        milliwatts = self.ask("nvmlDeviceGetPowerUsage", handle)
        return None if milliwatts is None else milliwatts / 1000

    def energy_joules(self, handle: Any) -> float | None:
        millijoules = self.ask("nvmlDeviceGetTotalEnergyConsumption", handle)
        return None if millijoules is None else millijoules / 1000

    def throttle(self, handle: Any) -> tuple[str, ...] | None:
        """Why the clocks are lower than they could be; the function's older name is for drivers before 535."""
        bits = self.ask("nvmlDeviceGetCurrentClocksEventReasons", handle)
        bits = self.ask("nvmlDeviceGetCurrentClocksThrottleReasons", handle) if bits is None else bits
        return None if bits is None else throttle_words(bits)

    # --- processes -----------------------------------------------------------------------------------------------

    def processes(self, handle: Any) -> list[Held] | None:
        """The processes on a GPU, those of both lists once; None where the driver gives neither list. Raises GoneError."""
        lists = [self._processes(f"nvmlDeviceGet{kind}RunningProcesses", handle) for kind in ("Compute", "Graphics")]
        if all(one is None for one in lists):
            return None
        held: dict[int, int | None] = {}
        for process in (process for one in lists for process in one or ()):
            used = None if process.usedGpuMemory in (None, _NOT_AVAILABLE) else process.usedGpuMemory
            known = held.get(process.pid)
            held[process.pid] = used if known is None else max(known, used or 0)
        return [Held(pid=pid, used_bytes=used) for pid, used in held.items()]

    def _processes(self, function: str, handle: Any) -> Any:
        """One of the lists; drivers before 510 have the older form of the function only."""
        found = self.ask(function, handle)
        return self.ask(f"{function}_v2", handle) if found is None else found

    def process_name(self, pid: int) -> str | None:
        """A process's name without its folder: paths tell who works here."""
        path = self.ask("nvmlSystemGetProcessName", pid)
        return path.replace("\\", "/").rpartition("/")[2] or None if path else None

    def is_wddm(self, handle: Any) -> bool:
        """Whether Windows manages this GPU's memory."""
        models = self.ask("nvmlDeviceGetDriverModel", handle) or self.ask("nvmlDeviceGetDriverModel_v1", handle)
        return bool(models) and models[0] == self._nvml.NVML_DRIVER_WDDM


def _classes(nvml: Any, names: tuple[str, ...]) -> tuple[type[Exception], ...]:
    return tuple(found for name in names if (found := getattr(nvml, name, None)) is not None)
