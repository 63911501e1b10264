"""The GPUs in the live view: memory of the device, the server and others, and the run's peak."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.text import Text

from analyzer.palette import BAD, LOOK
from analyzer.units import GIB
from analyzer.vram.sample import GpuSample
from exporters.nvml import GpuProcess
from exporters.observations import SystemStats
from exporters.peak_hold import Peak
from exporters.watching.rows import Look, row

_MOST_GPUS = 4
_FULL_RATIO = 0.97


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuNow:
    """A GPU as it is now, in bytes; None: nobody says. `run_peak_bytes`: since the run in flight, or the last one,
    began. `largest_other`: the program with the most memory beside the server."""

    label: str
    used_bytes: int | None
    total_bytes: int | None = None
    server_bytes: int | None = None
    run_peak_bytes: int | None = None
    busy_ratio: float | None = None
    temperature_celsius: float | None = None
    slowed: bool | None = None
    largest_other: str | None = None

    @property
    def other_bytes(self) -> int | None:
        """What other processes hold, and what the driver keeps for the server beside torch's pool."""
        if self.used_bytes is None or self.server_bytes is None:
            return None
        return max(0, self.used_bytes - self.server_bytes)


def gpus_now(
    samples: Sequence[GpuSample],
    peaks: Mapping[str, Peak],
    stats: SystemStats | None,
    others: Callable[[str], Sequence[GpuProcess]] = lambda label: (),
) -> tuple[GpuNow, ...]:
    """From the newest samples, who else is on a GPU, and what the server says of its own pool, which is sure to be the sampled
    GPU's only if both know one."""
    devices = [device for device in stats.devices if device.kind != "cpu"] if stats else []
    pool = devices[0].torch_total_bytes if len(devices) == 1 and len(samples) == 1 else None
    return tuple(
        GpuNow(
            label=sample.label,
            used_bytes=sample.used_bytes,
            total_bytes=sample.total_bytes,
            server_bytes=pool if sample.process_bytes is None else sample.process_bytes,
            run_peak_bytes=peaks[sample.label].used_bytes if sample.label in peaks else None,
            busy_ratio=sample.utilisation_ratio,
            temperature_celsius=sample.temperature_celsius,
            slowed=sample.slowed,
            largest_other=next((one.name for one in others(sample.label)), None),
        )
        for sample in samples
    )


def gpu_rows(gpus: Sequence[GpuNow], look: Look) -> Iterator[Text]:
    """A row per GPU."""
    for gpu in gpus[:_MOST_GPUS]:
        yield row(look, f"GPU {gpu.label}", *_separated(_facts(gpu, look)))
    if len(gpus) > _MOST_GPUS:
        yield row(look, "", f"and {len(gpus) - _MOST_GPUS} more")


def _facts(gpu: GpuNow, look: Look) -> Iterator[tuple[str, str]]:
    of = "" if gpu.total_bytes is None else f" of {_gib(gpu.total_bytes)}"
    full = bool(gpu.total_bytes and gpu.used_bytes is not None and gpu.used_bytes >= _FULL_RATIO * gpu.total_bytes)
    yield f"{_gib(gpu.used_bytes)}{of} GiB", BAD if full else ""
    if gpu.server_bytes is not None:
        yield f"server {_gib(gpu.server_bytes)}", ""
        yield f"others {_gib(gpu.other_bytes)}", ""
    if gpu.run_peak_bytes is not None:
        yield f"run peak {_gib(gpu.run_peak_bytes)}", ""
    if gpu.busy_ratio is not None:
        yield f"busy {gpu.busy_ratio:.0%}".replace("%", " %"), ""
    if gpu.slowed:
        yield "clocks lowered", LOOK
    if gpu.temperature_celsius is not None:
        yield f"{gpu.temperature_celsius:.0f} °C", ""
    if gpu.largest_other:
        yield f"also {look.short(gpu.largest_other, 24)}", ""


def _separated(facts: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for number, fact in enumerate(facts):
        if number:
            yield ", ", "not bold"
        text, style = fact
        yield text, f"not bold {style}".strip()


def _gib(size: int | None) -> str:
    return "?" if size is None else f"{size / GIB:.1f}"
