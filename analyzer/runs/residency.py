"""What is on the device after each load and unload, as far as the log's lines tell."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter

from analyzer.runs.model import Load, Run, ServerStart, Unload


@dataclass(frozen=True, slots=True, kw_only=True)
class Residency:
    """`loaded_bytes`: of all models together; None from a load on that tells no size. `what`: the line in words."""

    run: Run
    line: int
    at: float | None
    loaded_bytes: int | None
    change: Load | Unload


def device_bytes(starts: Iterable[ServerStart]) -> dict[int, int]:
    """The size of each server's graphics memory, where its start-up lines say one."""
    return {
        start.number: start.total_vram_bytes
        for start in starts
        if start.total_vram_bytes and not (start.device or "").startswith("cpu")
    }


def residency(runs: Iterable[Run], vram_bytes: Mapping[int, int] | None = None) -> Iterator[Residency]:
    """One value per load and unload line, in log order. `vram_bytes`: the device's size by server number.

    Unload lines name no model, and most versions put models out without a line: what a partial unload freed is taken off the
    sum; after a full one, and where the sum would exceed the device, the models that were needed longest ago are taken to be
    gone (`comfy/model_management.py`, free_memory, keeps those in use).
    """
    server: tuple[str, int] | None = None
    sizes: dict[str, int | None] = {}
    for run in runs:
        if server != (run.source, run.server_number):
            server, sizes = (run.source, run.server_number), {}
        changes: list[Load | Unload] = [*run.loads, *run.unloads]
        for change in sorted(changes, key=attrgetter("line")):
            _apply(change, sizes)
            _make_room(sizes, (vram_bytes or {}).get(run.server_number))
            known = list(sizes.values())
            loaded = None if None in known else sum(size for size in known if size is not None)
            yield Residency(run=run, line=change.line, at=change.at, loaded_bytes=loaded, change=change)


def _apply(change: Load | Unload, sizes: dict[str, int | None]) -> None:
    if isinstance(change, Load):
        name = change.model or f"line {change.line}"
        sizes.pop(name, None)
        sizes[name] = change.loaded_bytes
    elif change.freed_bytes is None:
        for name in list(sizes)[: change.models or 1]:
            del sizes[name]
    elif had := next((name for name, size in sizes.items() if _fits(size, change)), None):
        sizes[had] = change.remaining_bytes
    elif sizes:
        oldest = next(iter(sizes))
        sizes[oldest] = max(0, (sizes[oldest] or 0) - change.freed_bytes)


def _make_room(sizes: dict[str, int | None], vram_bytes: int | None) -> None:
    while vram_bytes and len(sizes) > 1 and sum(size or 0 for size in sizes.values()) > vram_bytes:
        del sizes[next(iter(sizes))]


# Sizes are printed with two decimals of a MiB.
_ROUNDING_BYTES = 100_000


def _fits(size: int | None, unload: Unload) -> bool:
    """Whether a model had what this line says was freed and what remains."""
    if size is None or unload.freed_bytes is None or unload.remaining_bytes is None:
        return False
    return abs(size - unload.freed_bytes - unload.remaining_bytes) <= _ROUNDING_BYTES
