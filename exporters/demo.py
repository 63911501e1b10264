"""A GPU that is not there: its memory and its work follow what the replayed server does, so that every panel has something."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from analyzer.runs.model import Phase
from analyzer.vram.sample import GpuSample
from exporters.nvml import GpuProcess

_GIB = 1 << 30
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
_IDLE_WATTS, _IDLE_CELSIUS = 25.0, 38.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A made-up GPU. `memory_share`: of what a large one needs; `warmth_celsius`: above the idle one at full work."""

    name: str
    total_gib: float
    memory_share: float
    most_watts: float
    warmth_celsius: float


LARGE = Card(name="made-up GPU, 24 GiB", total_gib=24.0, memory_share=1.0, most_watts=420.0, warmth_celsius=32.0)
SMALL = Card(name="made-up GPU, 16 GiB", total_gib=16.0, memory_share=0.74, most_watts=300.0, warmth_celsius=45.0)
# The small one is badly cooled.
_HOT_CELSIUS = 82.0


class SyntheticGpu:
    """Samples of a made-up GPU. `phase`: what the server is doing; None: nothing."""

    def __init__(self, phase: Callable[[], Phase | None], clock: Callable[[], float] = time.time, card: Card = LARGE) -> None:
        self._phase, self._clock, self._card = phase, clock, card
        self._extra_gib = 0.0
        self._joules = 0.0
        self._last_at: float | None = None

    def sample(self) -> Sequence[GpuSample]:
        now, phase, card = self._clock(), self._phase(), self._card
        more, busy = _PHASES[phase] if phase else (0.0, 0.0)
        # Memory comes and goes over a second or two, not at once.
        self._extra_gib += (more - self._extra_gib) * 0.6
        ours = (_RESIDENT_GIB + self._extra_gib + 0.15 * math.sin(now)) * card.memory_share
        watts = _IDLE_WATTS + busy * (card.most_watts - _IDLE_WATTS)
        celsius = round(_IDLE_CELSIUS + card.warmth_celsius * busy + 2 * math.sin(now / 20), 1)
        self._joules += watts * (now - self._last_at if self._last_at is not None else 0.0)
        self._last_at = now
        return [
            GpuSample(
                at=now,
                gpu=0,
                used_bytes=int((ours + _OTHERS_GIB) * _GIB),
                total_bytes=int(card.total_gib * _GIB),
                process_bytes=int(ours * _GIB),
                utilisation_ratio=busy,
                temperature_celsius=celsius,
                power_watts=watts,
                energy_joules=self._joules,
                throttle=_throttle(busy, celsius),
                uuid=f"GPU-00000000-demo-{card.total_gib:.0f}",
                name=card.name,
            )
        ]

    def processes(self) -> Sequence[GpuProcess]:
        """The server's own, and one that stands in its way."""
        ours = int((_RESIDENT_GIB + self._extra_gib) * self._card.memory_share * _GIB)
        return [
            GpuProcess(gpu="0", pid=4711, used_bytes=ours, name="python", ours=True),
            GpuProcess(gpu="0", pid=4242, used_bytes=int(_OTHERS_GIB * _GIB), name="another-program", ours=False),
        ]

    def close(self) -> None:
        """Nothing to let go of."""


def _throttle(busy: float, celsius: float) -> tuple[str, ...]:
    """Why clocks are lower than they could be."""
    return tuple(reason for reason, holds in (("sw_power_cap", busy > 0.95), ("sw_thermal", celsius > _HOT_CELSIUS)) if holds)
