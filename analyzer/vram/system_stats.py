"""The server's own `GET /system_stats` as samples: for where the driver cannot be asked."""

from collections.abc import Iterable, Mapping

from analyzer.vram.sample import GpuSample


def samples_of(devices: Iterable[Mapping[str, object]], at: float) -> list[GpuSample]:
    """Samples of the devices in an answer that was there at `at`, those on CUDA.

    ComfyUI counts what torch keeps in reserve as free; here it is in use, as the driver has it. What the server alone holds is
    not known: torch counts neither its context nor dynamic VRAM. A device without an index is the only one.
    """
    return [sample for device in devices if (sample := _sample(device, at))]


def _sample(device: Mapping[str, object], at: float) -> GpuSample | None:
    index, total = device.get("index"), _size(device, "vram_total")
    free, pooled = _size(device, "vram_free"), _size(device, "torch_vram_free")
    if device.get("type") != "cuda" or total is None or free is None:
        return None
    used = total - free + (pooled or 0)
    return GpuSample(
        at=at,
        gpu=index if isinstance(index, int) and index >= 0 else 0,
        used_bytes=min(max(0, used), total),
        total_bytes=total,
    )


def _size(device: Mapping[str, object], name: str) -> int | None:
    value = device.get(name)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**50 else None
