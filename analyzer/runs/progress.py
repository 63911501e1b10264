"""Progress frames to bars: which frames belong together, which bar runs inside which, how long each took."""

from dataclasses import dataclass, field

from analyzer.events import Bar
from analyzer.runs.model import ProgressBar

# Below this the bar's clock (whole seconds, cut off) loses more than a tenth; steps x overall rate is then the better reading.
_CLOCK_IS_COARSE_SECONDS = 10.0
_SAMPLER_LABELS = frozenset({"", "Sampling"})
_SAMPLER_UNITS = frozenset({"it", "step", "steps"})


def is_sampler(bar: ProgressBar | Bar) -> bool:
    """Whether a bar, or a frame of one, is a sampler pass: ComfyUI's KSampler family gives its bars no description."""
    return bar.label in _SAMPLER_LABELS and bar.unit in _SAMPLER_UNITS


@dataclass(slots=True)
class OpenBar:
    """A bar while its frames come in."""

    first: Bar
    last: Bar
    parent: "OpenBar | None" = None
    children: list["OpenBar"] = field(default_factory=list)
    initialise_seconds: float = 0.0

    @property
    def full(self) -> bool:
        return self.last.total is not None and self.last.steps >= self.last.total

    def goes_on_with(self, bar: Bar) -> bool:
        """Whether `bar` is a further frame of this one, the repeated last frame of a closing bar included."""
        if bar.steps < self.last.steps:
            return False
        return not self.full or (bar.steps == self.last.steps and self._is_repeat(bar))

    def _is_repeat(self, bar: Bar) -> bool:
        """tqdm prints the last frame again on closing; a second bar of the same length needs its own time to get there."""
        if bar.line == self.last.line:
            return True
        if bar.at is not None and self.last.at is not None:
            return bar.at - self.last.at <= max(0.05, 0.5 * (seconds_of(self.last, complete=True) or 0.0))
        return bar.line - self.last.line == 1 and bar.seconds == self.last.seconds

    def add(self, bar: Bar) -> None:
        if self.last.initialising and self.last.steps and not bar.initialising:
            # The bar's start was moved forward by the time of the first step, which brought the weights in.
            self.initialise_seconds = max(0.0, (self.last.rate_seconds or self.last.seconds) - (bar.rate_seconds or 0.0))
        self.last = bar


def seconds_of(bar: Bar, *, complete: bool) -> float | None:
    """The time on a bar's clock; where that is coarse and the frame is the final one, steps x overall rate within its second."""
    if not bar.steps:
        return None
    if complete and bar.rate_seconds is not None and bar.seconds < _CLOCK_IS_COARSE_SECONDS:
        exact = bar.steps * bar.rate_seconds
        # Half a unit of the rate's last digit is up to 1 % for slow bars: allow it at both ends of the second.
        if bar.seconds * 0.99 <= exact < (bar.seconds + 1) * 1.01:
            return exact
    return bar.seconds


class ProgressTracker:
    """The bars of one run."""

    def __init__(self) -> None:
        self._bars: list[OpenBar] = []
        self._open: dict[tuple[str, float | None, str], OpenBar] = {}

    def feed(self, bar: Bar) -> OpenBar:
        """Reads a frame; the bar that it belongs to."""
        key = (bar.label, bar.total, bar.unit)
        known = self._open.get(key)
        if known and known.goes_on_with(bar):
            known.add(bar)
            # Its frames go on after the bars that began in between: those ran inside it.
            return known
        opened = OpenBar(first=bar, last=bar, parent=self._innermost())
        if opened.parent:
            opened.parent.children.append(opened)
        self._bars.append(opened)
        # Of the full bars only the newest can still get a frame: its repeated last one.
        self._open = {open_key: bar for open_key, bar in self._open.items() if not bar.full and open_key != key}
        self._open[key] = opened
        return opened

    def _innermost(self) -> "OpenBar | None":
        return next((bar for bar in reversed(self._open.values()) if not bar.full and bar.last.total is not None), None)

    def finish(self) -> tuple[ProgressBar, ...]:
        """The bars in the order in which they began."""
        return tuple(_closed(bar) for bar in self._bars)


def _closed(bar: OpenBar) -> ProgressBar:
    last = bar.last
    complete = bar.full or last.total is None
    seconds = seconds_of(last, complete=complete)
    nested = sum(_nested_seconds(child) for child in bar.children if _ran_inside(child, bar))
    return ProgressBar(
        line=bar.first.line,
        last_line=last.line,
        label=last.label,
        unit=last.unit,
        steps=last.steps,
        total_steps=last.total,
        seconds=seconds,
        seconds_per_step=_seconds_per_step(last, seconds, complete),
        complete=complete,
        nested_seconds=min(nested, seconds or 0.0),
        initialise_seconds=bar.initialise_seconds,
        first_at=bar.first.at,
        last_at=last.at,
    )


def _ran_inside(child: OpenBar, parent: OpenBar) -> bool:
    """A bar that began inside another counts as nested only if the other moved on afterwards (it was not simply abandoned)."""
    return (parent.last.line, parent.last.at or 0.0) >= (child.last.line, child.last.at or 0.0) and parent.last.steps > 0


def _nested_seconds(bar: OpenBar) -> float:
    return seconds_of(bar.last, complete=bar.full) or 0.0


def _seconds_per_step(bar: Bar, seconds: float | None, complete: bool) -> float | None:
    """Only the final frame's rate is the overall one; before it tqdm shows a smoothed rate, so the clock is asked first."""
    if bar.unit == "B":
        return None
    if complete and bar.rate_seconds is not None:
        return bar.rate_seconds
    if bar.steps and seconds:
        return seconds / bar.steps
    return bar.rate_seconds
