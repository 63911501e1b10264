"""A GPU that is not there: its memory and its work follow what the replayed server does, so that every panel has something."""

import math
import time
from collections.abc import Callable, Sequence

from analyzer.runs.model import Phase
from analyzer.vram.sample import GpuSample
from exporters.nvml import GpuProcess

_GIB = 1 << 30
_TOTAL_BYTES = 24 * _GIB
_RESIDENT_GIB, _OTHERS_GIB = 9.0, 0.8
# In each phase: memory beside what stays resident, and how busy.
_PHASES: dict[Phase, tuple[float, float]] = {
    Phase.PIPELINE_LOAD: (1.0, 0.05),
    Phase.MODEL_LOAD: (4.0, 0.15),
    Phase.TEXT_ENCODE: (2.5, 0.6),
    Phase.DETECT: (1.5, 0.5),
    Phase.SAMPLE: (7.5, 0.98),
    Phase.VAE: (10.5, 0.9),
    Phase.OTHER: (1.0, 0.1),
}
_IDLE_WATTS, _MOST_WATTS = 25.0, 420.0


class SyntheticGpu:
    """Samples of a made-up GPU. `phase`: what the server is doing; None: nothing."""

    def __init__(self, phase: Callable[[], Phase | None], clock: Callable[[], float] = time.time) -> None:
        self._phase, self._clock = phase, clock
        self._extra_gib = 0.0
        self._joules = 0.0
        self._last_at: float | None = None

    def sample(self) -> Sequence[GpuSample]:
        now, phase = self._clock(), self._phase()
        more, busy = _PHASES[phase] if phase else (0.0, 0.0)
        # Memory comes and goes over a second or two, not at once.
        self._extra_gib += (more - self._extra_gib) * 0.6
        ours = _RESIDENT_GIB + self._extra_gib + 0.15 * math.sin(now)
        watts = _IDLE_WATTS + busy * (_MOST_WATTS - _IDLE_WATTS)
        self._joules += watts * (now - self._last_at if self._last_at is not None else 0.0)
        self._last_at = now
        return [
            GpuSample(
                at=now,
                gpu=0,
                used_bytes=int((ours + _OTHERS_GIB) * _GIB),
                total_bytes=_TOTAL_BYTES,
                process_bytes=int(ours * _GIB),
                utilisation_ratio=busy,
                temperature_celsius=round(38.0 + 32.0 * busy + 2 * math.sin(now / 20), 1),
                power_watts=watts,
                energy_joules=self._joules,
                throttle=("sw_power_cap",) if busy > 0.95 else (),
                uuid="GPU-00000000-demo",
                name="made-up GPU of the demo",
            )
        ]

    def processes(self) -> Sequence[GpuProcess]:
        """The server's own, and one that stands in its way."""
        ours = int((_RESIDENT_GIB + self._extra_gib) * _GIB)
        return [
            GpuProcess(gpu="0", pid=4711, used_bytes=ours, name="python", ours=True),
            GpuProcess(gpu="0", pid=4242, used_bytes=int(_OTHERS_GIB * _GIB), name="another-program", ours=False),
        ]

    def close(self) -> None:
        """Nothing to let go of."""
