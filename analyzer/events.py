"""What a log can tell us: one frozen dataclass per kind of event.

Every event knows its line (1-based, in the decoded file) and, where the container stamps its text, its time
`at`: Unix seconds; for stamps without a zone the wall clock read as if it were UTC. Sizes are bytes, times are seconds.
`None` means that the line does not say.
"""

from dataclasses import dataclass
from enum import StrEnum


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events."""

    line: int
    at: float | None = None


# --- server -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StartupNote(Event):
    """A line that only a starting server prints; it carries nothing else that we keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory(Event):
    """`Total VRAM … MB, total RAM … MB`: printed by every new process (some print it twice)."""

    total_vram_bytes: int
    total_ram_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Version(Event):
    """The version of a component: `comfyui`, `python`, `pytorch`, `frontend`, `manager`, a package name."""

    component: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Device(Event):
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VramState(Event):
    """`NORMAL_VRAM`, `LOW_VRAM`, `NO_VRAM`, `HIGH_VRAM`, `DISABLED`, `SHARED`."""

    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention(Event):
    implementation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamicVram(Event):
    """Whether this process streams weights on demand (comfy-aimdo); decides which load lines can appear."""

    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomNodeTimes(Event):
    """The header over the rows of import (or prestartup) times; the rows themselves do not say which they are."""

    prestartup: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomNodeImport(Event):
    """A row of the import (or prestartup) times."""

    name: str
    seconds: float
    failed: bool = False
    prestartup: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomNodeFailed(Event):
    name: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartupClock(Event):
    """ComfyUI-Manager's `** ComfyUI startup time:`, the only wall clock in a plain log; `started_at` like `at`."""

    started_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerReady(Event):
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStopped(Event):
    pass


# --- prompts ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptReceived(Event):
    """`got prompt`: an HTTP request arrived; nothing has started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptRejected(Event):
    """`invalid prompt: …`: the last received request never enters the queue."""

    kind: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationFailed(Event):
    """One output of a request is invalid; if another is valid the prompt runs all the same."""

    output: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptFinished(Event):
    """`Prompt executed in …`: an end, not a success. `whole_seconds`: the HH:MM:SS form, which wraps at 24 h."""

    duration_seconds: float
    whole_seconds: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted(Event):
    """`Processing interrupted`: the running prompt was aborted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptRequested(Event):
    """Somebody asked for an interrupt; nothing may be running."""

    prompt_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingCancelled(Event):
    """`Cancelling pending prompt …`: a queued request will never run."""

    prompt_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptIdSeen(Event):
    """A line printed inside a prompt that carries its id (`RAM cache evictions: prompt=…`)."""

    prompt_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTimeout(Event):
    """A client's line in the same log: it stopped waiting after `limit_seconds`. Says nothing about the server's run."""

    limit_seconds: float | None = None


# --- errors -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeException(Event):
    """`!!! Exception during processing !!! …`: the running prompt failed."""

    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionRaised(Event):
    """The last line of a traceback: `module.Type: message`."""

    kind: str
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfMemory(Event):
    """`Got an OOM, unloading all loaded models.`: ComfyUI itself classed the failure as out of memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftOutOfMemory(Event):
    """Memory ran out, a slower way was taken and the run goes on."""

    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessDied(Event):
    """The server's process or its worker thread is gone (`Killed`, segmentation fault, dead prompt worker)."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorNote(Event):
    """An error that does not end a run by itself."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryLeak(Event):
    model: str


# --- models -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsRead(Event):
    """A model was just built from a file on disk (`model weight dtype …`, `VAE load device …`)."""

    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelType(Event):
    """`model_type FLUX`."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantization(Event):
    """What the weights are stored as: `Q8_0`, `fp8`, …"""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRequested(Event):
    """`Requested to load Flux`: a model that is not in the list of loaded ones is about to be loaded."""

    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsAnnounced(Event):
    """`Loading 2 new models`: printed until December 2024, when a full load had no line of its own."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLoaded(Event):
    """A model's weights are on the device. `usable_bytes` is the budget for weights; None: no limit or not said."""

    mode: LoadMode
    loaded_bytes: int | None = None
    usable_bytes: int | None = None
    offloaded_bytes: int | None = None
    patches: int | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialUnload(Event):
    """`Unloaded partially: …`: another model was shrunk to make room; the line does not say which."""

    freed_bytes: int | None
    remaining_bytes: int
    patches: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsUnloaded(Event):
    """`N models unloaded.`: whole models evicted in the second pass; 0 is normal."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPlacement(Event):
    """Where a model's weights are after a load (level DETAIL). A second line about a load, never a load of its own."""

    model: str
    patcher: str
    ram_bytes: int
    vram_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomRequested(Event):
    """The memory manager is asked to free memory (level DETAIL). `requested_bytes` None: all of it."""

    requested_bytes: int | None
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoraKeyMissing(Event):
    """`lora key not loaded: …`: one line per key, hundreds of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VramReading(Event):
    """Memory on the device as a node reports it (allocated peak)."""

    peak_bytes: int


# --- progress ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplerStarted(Event):
    """A sampler call begins (level DETAIL), before its weights are loaded."""

    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSamplerStep(Event):
    """The first model call of a sampler (level DETAIL): set-up is over."""

    model: str
    sampler: str
    total_steps: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection(Event):
    """A detector's result line, with the time that it printed."""

    label: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsSkipped(Event):
    """A cache node skipped sampler steps, which makes seconds per step look faster."""

    skipped: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeNote(Event):
    """A node at work printed something that we recognise (`Detailer: segment upscale …`) but that carries no figure we keep."""

    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrecognised(Event):
    """A line that no wording takes: kept, counted, and evidence that something printed then."""

    text: str
