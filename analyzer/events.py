"""What a log can tell us: one frozen dataclass per kind of event.

Every event knows its line (1-based, in the decoded file) and, where the container stamps its text, its time
`at`: Unix seconds; for stamps without a zone the wall clock read as if it were UTC. Sizes are bytes, times are seconds.
`None` means that the line does not say.
"""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, TypeVar, dataclass_transform

_Class = TypeVar("_Class")


@dataclass_transform(kw_only_default=True, frozen_default=True)
def event_class(cls: type[_Class]) -> type[_Class]:
    """A keyword-only, slotted dataclass that type checkers hold to be frozen.

    Frozen in fact it would cost half as much again to build, once per line of a log; comparing and printing are inherited
    because generating them for each of the classes would be most of the time that a command takes to start.
    """
    return dataclass(slots=True, kw_only=True, repr=False, eq=False)(cls)


class Role(StrEnum):
    """What a model class is for (`comfyui-log-lines` 5.1); the table lives in `families.roles`."""

    DIFFUSION = "diffusion"
    TEXT_ENCODER = "text_encoder"
    VAE = "vae"
    CONTROL = "control"
    VISION = "vision"
    UPSCALER = "upscaler"
    OTHER = "other"


class LoadMode(StrEnum):
    FULL = "full"
    PARTIAL = "partial"
    DYNAMIC = "dynamic"


class UnloadMode(StrEnum):
    PARTIAL = "partial"
    FULL = "full"


@event_class
class Event:
    """Base of all events."""

    line: int
    at: float | None = None

    def values(self) -> dict[str, Any]:
        """All fields by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, Event) and self.values() == other.values()

    def __hash__(self) -> int:
        return hash((type(self), self.line))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.values().items())})"


# --- server -----------------------------------------------------------------------------------------------------


@event_class
class StartupNote(Event):
    """A line that only a starting server prints; it carries nothing else that we keep."""


@event_class
class Memory(Event):
    """`Total VRAM … MB, total RAM … MB`: printed by every new process (some print it twice)."""

    total_vram_bytes: int
    total_ram_bytes: int


@event_class
class Version(Event):
    """The version of a component: `comfyui`, `python`, `pytorch`, `frontend`, `manager`, a package name."""

    component: str
    version: str


@event_class
class Device(Event):
    name: str


@event_class
class VramState(Event):
    """`NORMAL_VRAM`, `LOW_VRAM`, `NO_VRAM`, `HIGH_VRAM`, `DISABLED`, `SHARED`."""

    state: str


@event_class
class Attention(Event):
    implementation: str


@event_class
class DynamicVram(Event):
    """Whether this process streams weights on demand (comfy-aimdo); decides which load lines can appear."""

    enabled: bool


@event_class
class CustomNodeTimes(Event):
    """The header over the rows of import (or prestartup) times; the rows themselves do not say which they are."""

    prestartup: bool


@event_class
class CustomNodeImport(Event):
    """A row of the import (or prestartup) times."""

    name: str
    seconds: float
    failed: bool = False
    prestartup: bool = False


@event_class
class CustomNodeFailed(Event):
    name: str
    reason: str | None = None


@event_class
class StartupClock(Event):
    """ComfyUI-Manager's `** ComfyUI startup time:`, the only wall clock in a plain log; `started_at` like `at`."""

    started_at: float


@event_class
class ServerReady(Event):
    url: str


@event_class
class ServerStopped(Event):
    pass


# --- prompts ----------------------------------------------------------------------------------------------------


@event_class
class PromptReceived(Event):
    """`got prompt`: an HTTP request arrived; nothing has started."""


@event_class
class PromptRejected(Event):
    """`invalid prompt: …`: the last received request never enters the queue."""

    kind: str | None = None
    message: str | None = None


@event_class
class ValidationFailed(Event):
    """One output of a request is invalid; if another is valid the prompt runs all the same."""

    output: str | None = None


@event_class
class PromptFinished(Event):
    """`Prompt executed in …`: an end, not a success. `whole_seconds`: the HH:MM:SS form, which wraps at 24 h."""

    duration_seconds: float
    whole_seconds: bool = False


@event_class
class Interrupted(Event):
    """`Processing interrupted`: the running prompt was aborted."""


@event_class
class InterruptRequested(Event):
    """Somebody asked for an interrupt; nothing may be running."""

    prompt_id: str | None = None


@event_class
class PendingCancelled(Event):
    """`Cancelling pending prompt …`: a queued request will never run."""

    prompt_id: str | None = None


@event_class
class PromptIdSeen(Event):
    """A line printed inside a prompt that carries its id (`RAM cache evictions: prompt=…`)."""

    prompt_id: str


@event_class
class ClientTimeout(Event):
    """A client's line in the same log: it stopped waiting after `limit_seconds`. Says nothing about the server's run."""

    limit_seconds: float | None = None


# --- errors -----------------------------------------------------------------------------------------------------


@event_class
class NodeException(Event):
    """`!!! Exception during processing !!! …`: the running prompt failed."""

    message: str = ""


@event_class
class ExceptionRaised(Event):
    """The last line of a traceback: `module.Type: message`."""

    kind: str
    message: str = ""


@event_class
class OutOfMemory(Event):
    """`Got an OOM, unloading all loaded models.`: ComfyUI itself classed the failure as out of memory."""


@event_class
class SoftOutOfMemory(Event):
    """Memory ran out, a slower way was taken and the run goes on."""

    what: str


@event_class
class ProcessDied(Event):
    """The server's process or its worker thread is gone (`Killed`, segmentation fault, dead prompt worker)."""

    reason: str


@event_class
class ErrorNote(Event):
    """An error that does not end a run by itself."""

    message: str


@event_class
class MemoryLeak(Event):
    model: str


# --- models -----------------------------------------------------------------------------------------------------


@event_class
class WeightsRead(Event):
    """A model was just built from a file on disk (`model weight dtype …`, `VAE load device …`)."""

    role: Role


@event_class
class ModelType(Event):
    """`model_type FLUX`."""

    name: str


@event_class
class Quantization(Event):
    """What the weights are stored as: `Q8_0`, `fp8`, …"""

    name: str


@event_class
class LoadRequested(Event):
    """`Requested to load Flux`: a model that is not in the list of loaded ones is about to be loaded."""

    model: str


@event_class
class ModelsAnnounced(Event):
    """`Loading 2 new models`: printed until December 2024, when a full load had no line of its own."""

    count: int


@event_class
class ModelLoaded(Event):
    """A model's weights are on the device. `usable_bytes` is the budget for weights; None: no limit or not said."""

    mode: LoadMode
    loaded_bytes: int | None = None
    usable_bytes: int | None = None
    offloaded_bytes: int | None = None
    patches: int | None = None
    model: str | None = None


@event_class
class PartialUnload(Event):
    """`Unloaded partially: …`: another model was shrunk to make room; the line does not say which."""

    freed_bytes: int | None
    remaining_bytes: int
    patches: int | None = None


@event_class
class ModelsUnloaded(Event):
    """`N models unloaded.`: whole models evicted in the second pass; 0 is normal."""

    count: int


@event_class
class ModelPlacement(Event):
    """Where a model's weights are after a load (level DETAIL). A second line about a load, never a load of its own."""

    model: str
    patcher: str
    ram_bytes: int
    vram_bytes: int


@event_class
class RoomRequested(Event):
    """The memory manager is asked to free memory (level DETAIL). `requested_bytes` None: all of it."""

    requested_bytes: int | None
    model: str | None = None


@event_class
class LoraKeyMissing(Event):
    """`lora key not loaded: …`: one line per key, hundreds of them."""


@event_class
class VramReading(Event):
    """Memory on the device as a node reports it (allocated peak)."""

    peak_bytes: int


# --- progress ---------------------------------------------------------------------------------------------------


@event_class
class Bar(Event):
    """One frame of a tqdm progress bar. `seconds` is the bar's own clock (whole seconds), `rate_seconds` seconds per step.

    `total` None: the form without a total. `initialising`: ComfyUI's dynamic VRAM postfix, weights are being streamed in
    and the bar's clock will be moved forward. `unit` is `it`, `tile`, `B`, …
    """

    label: str
    steps: float
    total: float | None
    seconds: float
    rate_seconds: float | None
    unit: str
    initialising: bool = False


@event_class
class SamplerStarted(Event):
    """A sampler call begins (level DETAIL), before its weights are loaded."""

    model: str


@event_class
class FirstSamplerStep(Event):
    """The first model call of a sampler (level DETAIL): set-up is over."""

    model: str
    sampler: str
    total_steps: int | None = None


@event_class
class Detection(Event):
    """A detector's result line, with the time that it printed."""

    label: str
    seconds: float


@event_class
class StepsSkipped(Event):
    """A cache node skipped sampler steps, which makes seconds per step look faster."""

    skipped: int
    total: int


@event_class
class NodeNote(Event):
    """A node at work printed something that we recognise (`Detailer: segment upscale …`) but that carries no figure we keep."""

    what: str


@event_class
class Unrecognised(Event):
    """A line that no wording takes: kept, counted, and evidence that something printed then."""

    text: str
