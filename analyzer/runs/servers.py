"""Start-up lines to server starts."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from analyzer.events import (
    Attention,
    CudaDevices,
    CustomNodeFailed,
    CustomNodeImport,
    CustomNodeTimes,
    Device,
    DynamicVram,
    Event,
    Memory,
    ServerReady,
    StartupClock,
    StartupNote,
    Version,
    VramState,
)
from analyzer.runs.model import CustomNode, ServerStart

# Printed by every new process through its logging, so in time; a running server does not print them.
_NEW_PROCESS = (Memory, VramState)
# Also start-up lines, but partly of Manager's prints, which a pipe may hold back until the server runs (block buffering).
START_UP_LINES = (*_NEW_PROCESS, StartupClock, StartupNote, CudaDevices)
Changes = dict[str, Any]

_VERSION_FIELDS = {"comfyui": "comfyui_version", "python": "python_version", "pytorch": "pytorch_version"}


class ServerTracker:
    """Knows which start of the server the log is in, and whether it is still starting."""

    def __init__(self) -> None:
        self.starts: list[ServerStart] = []
        self.starting = False
        self._running = False
        self._early_clock: StartupClock | None = None
        self._early_devices: str | None = None
        self._prestartup = False

    @property
    def number(self) -> int:
        """The current start, from 1; 0 where the log begins in a running server."""
        return len(self.starts)

    def begins(self, event: Event, source: str) -> bool:
        """Whether this line shows that a new process has started; notes the start if so."""
        if self.starting or not isinstance(event, _NEW_PROCESS if self._running else START_UP_LINES):
            if isinstance(event, StartupClock) and not self.starting:
                self._early_clock = event
            if isinstance(event, CudaDevices) and not self.starting:
                self._early_devices = event.devices
            return False
        self.starting = True
        clock, self._early_clock = self._early_clock, None
        devices, self._early_devices = self._early_devices, None
        started_at = event.at if event.at is not None or clock is None else clock.started_at
        start = ServerStart(number=self.number + 1, source=source, line=event.line, started_at=started_at, cuda_devices=devices)
        self.starts.append(start)
        return True

    def ready(self) -> None:
        """The start-up is over: the server said so, or it takes requests."""
        self.starting = False
        self._running = True

    def note(self, event: Event) -> None:
        """Keeps what a start-up line says."""
        if isinstance(event, CustomNodeTimes):
            self._prestartup = event.prestartup
        if isinstance(event, CudaDevices) and not self.starting:
            return  # a new process says this before anything that tells that it is one
        learn = LEARNERS.get(type(event))
        if isinstance(event, CustomNodeImport) and self._prestartup:
            return  # rows of both tables look alike; the header above them tells
        if learn and self.starts:
            self.starts[-1] = replace(self.starts[-1], **learn(self.starts[-1], event))


def _memory(start: ServerStart, event: Memory) -> Changes:
    return {"total_vram_bytes": event.total_vram_bytes, "total_ram_bytes": event.total_ram_bytes}


def _version(start: ServerStart, event: Version) -> Changes:
    name = _VERSION_FIELDS.get(event.component)
    return _first(start, name, event.version) if name else {}


def _device(start: ServerStart, event: Device) -> Changes:
    return _first(start, "device", event.name)


def _cuda_devices(start: ServerStart, event: CudaDevices) -> Changes:
    return {"cuda_devices": event.devices}


def _vram_state(start: ServerStart, event: VramState) -> Changes:
    return {"vram_state": event.state}


def _attention(start: ServerStart, event: Attention) -> Changes:
    return _first(start, "attention", event.implementation)


def _dynamic_vram(start: ServerStart, event: DynamicVram) -> Changes:
    return {"dynamic_vram": event.enabled}


def _clock(start: ServerStart, event: StartupClock) -> Changes:
    return _first(start, "started_at", event.started_at)


def _ready(start: ServerStart, event: ServerReady) -> Changes:
    return {"ready_line": event.line, "ready_at": event.at}


def _imported(start: ServerStart, event: CustomNodeImport) -> Changes:
    known = next((node for node in start.custom_nodes if node.name == event.name), None)
    reason, line = (known.reason, known.line) if known else (None, None)
    node = CustomNode(name=event.name, seconds=event.seconds, failed=event.failed, reason=reason, line=line)
    return {"custom_nodes": (*_without(start, node.name), node)}


def _failed(start: ServerStart, event: CustomNodeFailed) -> Changes:
    node = CustomNode(name=event.name, seconds=None, failed=True, reason=event.reason, line=event.line)
    return {"custom_nodes": (*_without(start, node.name), node)}


def _first(start: ServerStart, name: str, value: object) -> Changes:
    """The first value wins: some lines come once per device."""
    return {} if getattr(start, name) is not None else {name: value}


def _without(start: ServerStart, name: str) -> tuple[CustomNode, ...]:
    return tuple(node for node in start.custom_nodes if node.name != name)


LEARNERS: dict[type[Event], Callable[[ServerStart, Any], Changes]] = {
    Memory: _memory,
    Version: _version,
    CudaDevices: _cuda_devices,
    Device: _device,
    VramState: _vram_state,
    Attention: _attention,
    DynamicVram: _dynamic_vram,
    StartupClock: _clock,
    ServerReady: _ready,
    CustomNodeImport: _imported,
    CustomNodeFailed: _failed,
}
# What the tracker wants to see; everything else is no business of a starting server.
SERVER_EVENTS = frozenset({*LEARNERS, *START_UP_LINES, CustomNodeTimes})
