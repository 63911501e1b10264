"""What each kind of event is called on a timeline, and its figures."""

from collections.abc import Callable, Mapping
from typing import Any

from analyzer import events
from analyzer.events import Event
from analyzer.renderers.words import count, joined, seconds, size
from analyzer.units import plural

Words = Callable[[Any], tuple[str, str]]


def describe(event: Event) -> tuple[str, str]:
    """What happened and with what figures; the texts may hold log text."""
    return WORDS[type(event)](event)


def _loaded(event: events.ModelLoaded) -> tuple[str, str]:
    offloaded = f"{size(event.offloaded_bytes)} offloaded" if event.offloaded_bytes else ""
    figures = (
        event.mode.value,
        f"{size(event.loaded_bytes)} on the device" if event.loaded_bytes is not None else "",
        offloaded,
        f"{size(event.usable_bytes)} usable" if event.usable_bytes is not None else "",
        plural(event.patches, "patch") if event.patches else "",
    )
    return f"{event.model or 'model'} loaded", joined(figures)


def _unloaded(event: events.PartialUnload) -> tuple[str, str]:
    freed = "" if event.freed_bytes is None else f"{size(event.freed_bytes)} freed"
    return "a model unloaded partially", joined((freed, f"{size(event.remaining_bytes)} remain"))


def _bar(event: events.Bar) -> tuple[str, str]:
    total = "" if event.total is None else f" of {count(event.total)}"
    rate = "" if event.rate_seconds is None else f"{seconds(event.rate_seconds)} per step"
    streaming = "streaming weights in" if event.initialising else ""
    return event.label or "steps", joined((f"{count(event.steps)}{total}", seconds(event.seconds), rate, streaming))


def _node_import(event: events.CustomNodeImport) -> tuple[str, str]:
    return f"custom node {event.name}", joined((seconds(event.seconds), "failed" if event.failed else ""))


def _memory(event: events.Memory) -> tuple[str, str]:
    return "server starts", f"VRAM {size(event.total_vram_bytes)}, RAM {size(event.total_ram_bytes)}"


def _skipped(event: events.StepsSkipped) -> tuple[str, str]:
    return "cache skipped steps", f"{event.skipped} of {event.total}"


def _client(event: events.ClientTimeout) -> tuple[str, str]:
    return "client gave up", "" if event.limit_seconds is None else f"after {seconds(event.limit_seconds)}"


def _placement(event: events.ModelPlacement) -> tuple[str, str]:
    return f"{event.model} placed", f"VRAM {size(event.vram_bytes)}, RAM {size(event.ram_bytes)}"


def _first_step(event: events.FirstSamplerStep) -> tuple[str, str]:
    steps = "" if event.total_steps is None else plural(event.total_steps, "step")
    return "first sampler step", joined((event.model, event.sampler, steps))


WORDS: Mapping[type[Event], Words] = {
    events.StartupNote: lambda event: ("server start-up", ""),
    events.Memory: _memory,
    events.Version: lambda event: (f"{event.component} version", event.version),
    events.Device: lambda event: ("device", event.name),
    events.CudaDevices: lambda event: ("CUDA devices", event.devices),
    events.VramState: lambda event: ("VRAM state", event.state),
    events.Attention: lambda event: ("attention", event.implementation),
    events.DynamicVram: lambda event: ("dynamic VRAM", "on" if event.enabled else "off"),
    events.CustomNodeTimes: lambda event: ("prestartup times" if event.prestartup else "import times", ""),
    events.CustomNodeImport: _node_import,
    events.CustomNodeFailed: lambda event: (f"custom node {event.name} failed", event.reason or ""),
    events.StartupClock: lambda event: ("server's clock", ""),
    events.ServerReady: lambda event: ("server ready", event.url),
    events.RecordingGap: lambda event: ("recording gap", f"{plural(event.records, 'record')}: {event.reason}"),
    events.ServerStopped: lambda event: ("server stopped", ""),
    events.PromptReceived: lambda event: ("request received", ""),
    events.PromptRejected: lambda event: ("request rejected", joined((event.kind or "", event.message or ""))),
    events.ValidationFailed: lambda event: ("an output is invalid", event.output or ""),
    events.PromptFinished: lambda event: ("run ends", f"in {seconds(event.duration_seconds)}"),
    events.Interrupted: lambda event: ("run interrupted", ""),
    events.InterruptRequested: lambda event: ("interrupt requested", event.prompt_id or ""),
    events.PendingCancelled: lambda event: ("queued request cancelled", event.prompt_id or ""),
    events.PromptIdSeen: lambda event: ("prompt id", event.prompt_id),
    events.ClientTimeout: _client,
    events.NodeException: lambda event: ("exception in a node", event.message),
    events.ExceptionRaised: lambda event: (event.kind, event.message),
    events.OutOfMemory: lambda event: ("out of memory", "all models unloaded"),
    events.SoftOutOfMemory: lambda event: ("out of memory, going on", event.what),
    events.ProcessDied: lambda event: ("process died", event.reason),
    events.ErrorNote: lambda event: ("error", event.message),
    events.MemoryLeak: lambda event: ("memory leak warning", event.model),
    events.WeightsRead: lambda event: ("weights read from disk", event.role.value.replace("_", " ")),
    events.ModelType: lambda event: ("model type", event.name),
    events.Quantization: lambda event: ("weights stored as", event.name),
    events.LoadRequested: lambda event: (f"{event.model} requested", ""),
    events.ModelsAnnounced: lambda event: ("loading models", str(event.count)),
    events.ModelLoaded: _loaded,
    events.PartialUnload: _unloaded,
    events.ModelsUnloaded: lambda event: ("models unloaded", str(event.count)),
    events.ModelPlacement: _placement,
    events.RoomRequested: lambda event: ("memory wanted", size(event.requested_bytes) or "all"),
    events.LoraKeyMissing: lambda event: ("LoRA key not loaded", ""),
    events.VramReading: lambda event: ("VRAM peak", size(event.peak_bytes)),
    events.Bar: _bar,
    events.SamplerStarted: lambda event: ("sampler starts", event.model),
    events.FirstSamplerStep: _first_step,
    events.Detection: lambda event: (event.label, seconds(event.seconds)),
    events.StepsSkipped: _skipped,
    events.NodeNote: lambda event: (event.what, ""),
    events.Unrecognised: lambda event: ("not recognised", event.text),
}
