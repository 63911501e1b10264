"""One look at one GPU, whoever took it: the driver's library, `nvidia-smi` or the server's `/system_stats`."""

from dataclasses import dataclass

# Reasons for lower clocks that cost speed against what the card can do; the others are idleness, settings and the power limit.
SLOWING = frozenset({"hw_slowdown", "sw_thermal", "hw_thermal", "hw_power_brake"})


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuSample:
    """What a GPU was doing at a moment. `at`: Unix seconds; None: not known.

    `gpu`: its index as the driver counts; `instance`: of a MIG instance its index on that GPU. `used_bytes`: by all processes;
    `total_bytes`: what can be had, which is used and free memory together, without what the driver keeps for itself;
    `process_bytes`: by the server's processes. `energy_joules`: a counter that only rises until the driver is loaded anew.
    `throttle`: why clocks are lower than they could be, in words; empty: they are not.
    """

    at: float
    gpu: int
    instance: int | None = None
    used_bytes: int | None = None
    total_bytes: int | None = None
    process_bytes: int | None = None
    utilisation_ratio: float | None = None
    temperature_celsius: float | None = None
    power_watts: float | None = None
    energy_joules: float | None = None
    throttle: tuple[str, ...] | None = None
    uuid: str | None = None
    name: str | None = None

    @property
    def label(self) -> str:
        """`0`; of a MIG instance `0:3`, as the driver's own tools write it."""
        return str(self.gpu) if self.instance is None else f"{self.gpu}:{self.instance}"

    @property
    def slowed(self) -> bool | None:
        """Whether heat or the power brake lowers the clocks; None where nobody says."""
        return None if self.throttle is None else not SLOWING.isdisjoint(self.throttle)
