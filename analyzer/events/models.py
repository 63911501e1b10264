"""Models: read from disk, loaded, placed, evicted."""

from enum import StrEnum

from analyzer.events.base import Event, event_class


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
