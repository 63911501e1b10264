"""A run at work: progress bars, samplers, detectors, and lines that only show that something happened."""

from analyzer.events.base import Event, event_class


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
