"""What a server start tells about the machine, as short phrases."""

from collections.abc import Iterator

from analyzer.renderers.words import duration
from analyzer.runs.model import ServerStart
from analyzer.units import format_bytes


def server_facts(start: ServerStart) -> Iterator[str]:
    """Versions, device, memory and modes, as far as the log names them."""
    named = (("ComfyUI", start.comfyui_version), ("Python", start.python_version), ("PyTorch", start.pytorch_version))
    for name, version in named:
        if version:
            yield f"{name} {version}"
    if start.device:
        yield start.device
    if start.total_vram_bytes:
        yield f"VRAM {format_bytes(start.total_vram_bytes)}"
    if start.total_ram_bytes:
        yield f"RAM {format_bytes(start.total_ram_bytes)}"
    yield from _modes(start)


def _modes(start: ServerStart) -> Iterator[str]:
    if start.vram_state:
        yield start.vram_state
    if start.attention:
        yield f"{start.attention} attention" if "attention" not in start.attention else start.attention
    if start.dynamic_vram is not None:
        yield "dynamic VRAM on" if start.dynamic_vram else "dynamic VRAM off"
    if start.started_at is not None and start.ready_at is not None:
        yield f"ready after {duration(start.ready_at - start.started_at)}"


def slowest_nodes(start: ServerStart, most: int) -> list[str]:
    """`comfyui-manager 1.20 s`, slowest first, without those that failed or took no time."""
    timed = [(node.seconds, node.name) for node in start.custom_nodes if node.seconds and not node.failed]
    return [f"{name} {duration(seconds)}" for seconds, name in sorted(timed, reverse=True)[:most]]


def failed_nodes(start: ServerStart) -> list[str]:
    return [node.name for node in start.custom_nodes if node.failed]
