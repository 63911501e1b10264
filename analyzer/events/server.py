"""What a starting or stopping server prints about itself."""

from analyzer.events.base import Event, event_class


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
class CudaDevices(Event):
    """`--cuda-device`: the devices left visible, by the driver's index, separated by commas; `cuda:0` is the first of them."""

    devices: str


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
