"""Start-up lines to server starts."""

from dataclasses import replace
from typing import Any

from analyzer.events import (
    Attention,
    CustomNodeFailed,
    CustomNodeImport,
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
_START_UP = (*_NEW_PROCESS, StartupClock, StartupNote)
_VERSION_FIELDS = {"comfyui": "comfyui_version", "python": "python_version", "pytorch": "pytorch_version"}


class ServerTracker:
    """Knows which start of the server the log is in, and whether it is still starting."""

    def __init__(self) -> None:
        self.starts: list[ServerStart] = []
        self.starting = False
        self._running = False
        self._early_clock: StartupClock | None = None

    @property
    def number(self) -> int:
        """The current start, from 1; 0 where the log begins in a running server."""
        return len(self.starts)

    def begins(self, event: Event, source: str) -> bool:
        """Whether this line shows that a new process has started; notes the start if so."""
        if self.starting or not isinstance(event, _NEW_PROCESS if self._running else _START_UP):
            if isinstance(event, StartupClock) and not self.starting:
                self._early_clock = event
            return False
        self.starting = True
        clock, self._early_clock = self._early_clock, None
        started_at = event.at if event.at is not None or clock is None else clock.started_at
        self.starts.append(ServerStart(number=self.number + 1, source=source, line=event.line, started_at=started_at))
        return True

    def ready(self) -> None:
        """The start-up is over: the server said so, or it takes requests."""
        self.starting = False
        self._running = True

    def note(self, event: Event) -> None:
        """Keeps what a start-up line says; the first value wins, since some lines come once per device."""
        if not self.starts:
            return
        start = self.starts[-1]
        changes: dict[str, Any]
        match event:
            case Memory():
                changes = {"total_vram_bytes": event.total_vram_bytes, "total_ram_bytes": event.total_ram_bytes}
            case Version(component=component) if component in _VERSION_FIELDS:
                changes = _first(start, _VERSION_FIELDS[component], event.version)
            case Device():
                changes = _first(start, "device", event.name)
            case VramState():
                changes = {"vram_state": event.state}
            case Attention():
                changes = _first(start, "attention", event.implementation)
            case DynamicVram():
                changes = {"dynamic_vram": event.enabled}
            case StartupClock():
                changes = {"started_at": start.started_at if start.started_at is not None else event.started_at}
            case ServerReady():
                changes = {"ready_line": event.line, "ready_at": event.at}
            case CustomNodeImport(prestartup=False):
                node = CustomNode(name=event.name, seconds=event.seconds, failed=event.failed)
                changes = {"custom_nodes": (*_without(start, node.name), node)}
            case CustomNodeFailed():
                node = CustomNode(name=event.name, seconds=None, failed=True)
                changes = {"custom_nodes": (*_without(start, node.name), node)}
            case _:
                return
        self.starts[-1] = replace(start, **changes)


def _first(start: ServerStart, name: str, value: object) -> dict[str, object]:
    return {} if getattr(start, name) is not None else {name: value}


def _without(start: ServerStart, name: str) -> tuple[CustomNode, ...]:
    return tuple(node for node in start.custom_nodes if node.name != name)
