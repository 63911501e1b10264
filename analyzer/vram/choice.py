"""Which GPU a server used, by the best evidence that there is."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from analyzer.runs.model import ServerStart
from analyzer.units import MIB

# One GPU stands out if it moves, or works, so many times as much as the next.
_STANDS_OUT = 4.0
_LEAST_MOVED_BYTES = 64 * MIB
_LEAST_BUSY = 0.05
_CUDA = re.compile(r"cuda:(\d{1,3})\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A GPU over all runs of a server: what its process held at most, how far its use moved, how busy it was."""

    process_bytes: int | None
    moved_bytes: int
    busy_ratio: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The GPU taken, and why, in words that follow its name. None: it cannot be told, and why not."""

    gpu: str | None
    why: str


def choose(gpus: Mapping[str, Seen], device_index: int | None) -> Choice:
    """The server's GPU among those sampled. `device_index`: what the log says."""
    gpus = {label: seen for label, seen in gpus.items() if not _divided(label, gpus)}
    if len(gpus) == 1:
        return Choice(gpu=next(iter(gpus)), why="the only one sampled")
    held = {label: float(seen.process_bytes or 0) for label, seen in gpus.items()}
    if any(held.values()):
        return Choice(gpu=max(held, key=lambda label: held[label]), why="the server's process is on it")
    moved = {label: float(seen.moved_bytes) for label, seen in gpus.items()}
    busy = {label: seen.busy_ratio or 0.0 for label, seen in gpus.items()}
    if (found := _outstanding(moved, _LEAST_MOVED_BYTES)) is not None:
        return Choice(gpu=found, why="its memory changes with the runs")
    if (found := _outstanding(busy, _LEAST_BUSY)) is not None:
        return Choice(gpu=found, why="it works during the runs")
    if device_index is not None and str(device_index) in gpus:
        return Choice(gpu=str(device_index), why="the log names it")
    return Choice(gpu=None, why=f"which of the GPUs {', '.join(sorted(gpus))} the server used cannot be told")


def _divided(label: str, gpus: Collection[str]) -> bool:
    """Whether a GPU's MIG instances were sampled, one of which is what a server gets."""
    return any(other.startswith(f"{label}:") for other in gpus)


def _outstanding(values: Mapping[str, float], least: float) -> str | None:
    first, second, *_ = sorted(values, key=lambda label: -values[label])
    return first if values[first] >= max(least, _STANDS_OUT * values[second]) else None


def device_index(start: ServerStart | None) -> int | None:
    """The index of the server's device as the driver counts: `cuda:1`, among those that `--cuda-device` left visible."""
    found = _CUDA.search(start.device) if start and start.device else None
    if start is None or found is None:
        return None
    index = int(found[1])
    if start.cuda_devices is None:
        return index
    visible = start.cuda_devices.replace(" ", "").split(",")
    return int(visible[index]) if index < len(visible) and visible[index].isdecimal() else None
