"""GPU samples beside a recording: the sampling that `comfymeter record` runs."""

from collections.abc import Callable, Sequence
from typing import Protocol

from analyzer.vram.facts import Problem
from analyzer.vram.sample import GpuSample
from exporters.background import BackgroundSampler
from exporters.nvml import GpuProcess, sampler_for


class Made(Protocol):
    """A sampler with what stands in its way; `NvmlSampler` is one."""

    @property
    def problem(self) -> Problem | None: ...
    def sample(self) -> Sequence[GpuSample]: ...
    def processes(self) -> Sequence[GpuProcess]: ...
    def close(self) -> None: ...


class LateSampler:
    """A sampler that is made by the thread that asks it: at first a driver may take seconds to answer.

    `on_problem` hears what stands in its way then. It is asked on: a driver may come back.
    """

    def __init__(self, make: Callable[[], Made], on_problem: Callable[[Problem], None]) -> None:
        self._make = make
        self._on_problem = on_problem
        self._sampler: Made | None = None

    def sample(self) -> Sequence[GpuSample]:
        """A sample of each GPU that answers."""
        if self._sampler is None:
            self._sampler = self._make()
            if self._sampler.problem:
                self._on_problem(self._sampler.problem)
        return self._sampler.sample()

    def processes(self) -> Sequence[GpuProcess]:
        """Who is on the GPUs."""
        return self._sampler.processes() if self._sampler else ()

    def close(self) -> None:
        """Lets go of the library."""
        if self._sampler:
            self._sampler.close()


def sampling_beside(
    pid: int | None,
    every_seconds: float,
    on_samples: Callable[[Sequence[GpuSample]], None],
    say: Callable[[str], None],
) -> BackgroundSampler:
    """Samples of all GPUs for a server's process `pid` (None: not known); `say` hears once why there are none."""
    late = LateSampler(lambda: sampler_for(pid), lambda problem: say(f"VRAM is not sampled: {problem}"))
    return BackgroundSampler(late, on_samples=on_samples, every_seconds=every_seconds)
