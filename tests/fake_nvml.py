"""NVML without a GPU: module-like, with the constants, exceptions and signatures of the real pynvml."""

import inspect
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any

import pynvml

MIB = 1 << 20
NOT_SUPPORTED = pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
LOST = pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)
UNINITIALIZED = pynvml.NVMLError(pynvml.NVML_ERROR_UNINITIALIZED)
UNKNOWN = pynvml.NVMLError(pynvml.NVML_ERROR_UNKNOWN)
NO_DRIVER = pynvml.NVMLError(pynvml.NVML_ERROR_DRIVER_NOT_LOADED)
NO_LIBRARY = pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)
NO_FUNCTION = pynvml.NVMLError(pynvml.NVML_ERROR_FUNCTION_NOT_FOUND)
NOT_FOUND = pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)
INVALID = pynvml.NVMLError(pynvml.NVML_ERROR_INVALID_ARGUMENT)


def process(pid: int, used: int | None) -> SimpleNamespace:
    """A row of a process list; pynvml gives None where the driver says "not available"."""
    return SimpleNamespace(pid=pid, usedGpuMemory=used, gpuInstanceId=0, computeInstanceId=0)


@dataclass
class Gpu:
    """A GPU, or a MIG instance. `answers`: by function, an exception is raised; what is not there is not supported.

    `broken`: raised by every call on this GPU.
    """

    answers: dict[str, Any] = field(default_factory=dict)
    instances: list["Gpu | None"] = field(default_factory=list)
    broken: Exception | None = None
    old_memory: bool = False


def gpu(number: int = 0, **given: Any) -> Gpu:
    """A GPU that supports everything."""
    answers: dict[str, Any] = {
        "nvmlDeviceGetUUID": f"GPU-{number}",
        "nvmlDeviceGetName": "NVIDIA GeForce RTX 4090",
        "nvmlDeviceGetMemoryInfo": SimpleNamespace(total=24_564 * MIB, reserved=364 * MIB, used=(10_000 + number) * MIB),
        "nvmlDeviceGetUtilizationRates": SimpleNamespace(gpu=98, memory=40),
        "nvmlDeviceGetTemperature": 61,
        "nvmlDeviceGetPowerUsage": 318_520,
        "nvmlDeviceGetTotalEnergyConsumption": 81_234_567_125,
        "nvmlDeviceGetCurrentClocksEventReasons": pynvml.nvmlClocksEventReasonSwPowerCap,
        "nvmlDeviceGetComputeRunningProcesses": [],
        "nvmlDeviceGetGraphicsRunningProcesses": [],
    }
    return Gpu(answers=answers | given)


class FakeNvml:
    """Handed in instead of the module. A name that the real module does not have fails the test."""

    def __init__(self, *gpus: Gpu) -> None:
        self.gpus = list(gpus)
        self.init_error: Exception | None = None
        self.names: dict[int, str | Exception] = {}
        self.calls: Counter[str] = Counter()
        self._life = 0
        self._up = False

    def restart(self) -> None:
        """The driver is loaded anew: no handle is worth anything any more."""
        self._up = False

    def __getattr__(self, name: str) -> Any:
        assert hasattr(pynvml, name), name
        real = getattr(pynvml, name)
        return partial(self._call, name, real) if name.startswith("nvml") and callable(real) else real

    def _call(self, name: str, real: Any, *arguments: Any, **named: Any) -> Any:
        inspect.signature(real).bind(*arguments, **named)
        self.calls[name] += 1
        if name == "nvmlInit":
            if self.init_error:
                raise self.init_error
            self._life, self._up = self._life + 1, True
            return None
        if not self._up:
            raise UNINITIALIZED
        return self._answer(name, *arguments, **named)

    def _answer(self, name: str, *arguments: Any, **named: Any) -> Any:
        if name == "nvmlShutdown":
            self._up = False
            return None
        if name == "nvmlDeviceGetCount":
            return len(self.gpus)
        if name == "nvmlSystemGetProcessName":
            return _given(self.names.get(arguments[0], NOT_FOUND))
        if name == "nvmlDeviceGetHandleByIndex":
            return self._handle(self.gpus[arguments[0]])
        life, found = arguments[0]
        if life != self._life:
            raise INVALID
        if found.broken:
            raise found.broken
        return self._device_answer(name, found, *arguments[1:], **named)

    def _device_answer(self, name: str, found: Gpu, *arguments: Any, version: int | None = None) -> Any:
        if name == "nvmlDeviceGetMigMode":
            return [1, 1] if found.instances else _given(NOT_SUPPORTED)
        if name == "nvmlDeviceGetMaxMigDeviceCount":
            return len(found.instances)
        if name == "nvmlDeviceGetMigDeviceHandleByIndex":
            instance = found.instances[arguments[0]]
            return _given(NOT_FOUND) if instance is None else self._handle(instance)
        if name == "nvmlDeviceGetMemoryInfo" and found.old_memory:
            return _given(NO_FUNCTION) if version else _given(found.answers[name])
        return _given(found.answers.get(name, NOT_SUPPORTED))

    def _handle(self, found: Gpu) -> tuple[int, Gpu]:
        if found.broken:
            raise found.broken
        return self._life, found


def _given(answer: Any) -> Any:
    if isinstance(answer, Exception):
        raise answer
    return answer
