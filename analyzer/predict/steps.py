"""The steps of one progress bar as they arrive: how many are done, when, and how long each took."""

from collections import deque
from dataclasses import dataclass, field

from analyzer.budgets.labels import phase_of_bar
from analyzer.events import Bar
from analyzer.runs.model import Phase, ProgressBar
from analyzer.runs.progress import is_sampler

# Older steps weigh nothing any more in the rate.
_RECENT = 40
# A total beyond this is a mistake or a joke.
_MOST_STEPS = 1e6
# A bar shows whole seconds.
_CLOCK_SECONDS = 1.0
# Their items differ by a factor of a hundred: six of seven are there in a second, the last takes minutes.
_UNEVEN = (Phase.PIPELINE_LOAD, Phase.MODEL_LOAD)


def is_stepped(bar: Bar | ProgressBar) -> bool:
    """Whether a bar's steps say how long it will take: a sampler's, a tiler's, not those of a loader or a download."""
    total = bar.total if isinstance(bar, Bar) else bar.total_steps
    if not total or total > _MOST_STEPS or bar.unit == "B":
        return False
    return is_sampler(bar) or (total >= 2 and phase_of_bar(bar) not in _UNEVEN)


@dataclass(slots=True)
class Steps:
    """One bar. `recent`: seconds per step after the first, oldest first; `first_seconds`: of the first step, where it was seen
    by itself; `first_loads`: weights were brought in during it. `joined_steps`, `joined_seconds`: what was done when the bar
    was first seen, and how long that had taken.
    """

    label: str
    phase: Phase
    sampler: bool
    total: float
    done: float
    began_at: float
    last_at: float
    clock_seconds: float
    initialising: bool = False
    first_seconds: float | None = None
    first_loads: bool = False
    joined_steps: float = 0.0
    joined_seconds: float = 0.0
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=_RECENT))

    @classmethod
    def begin(cls, bar: Bar, at: float) -> "Steps":
        """From a bar's first frame; if it is under way already, it began as long ago as its own clock says."""
        joined = bar.steps if bar.steps > 0 else 0.0
        return cls(
            label=bar.label,
            phase=phase_of_bar(bar),
            sampler=is_sampler(bar),
            total=bar.total or 0.0,
            done=bar.steps,
            began_at=at - bar.seconds if joined else at,
            last_at=at,
            clock_seconds=bar.seconds,
            initialising=bar.initialising,
            joined_steps=joined,
            joined_seconds=bar.seconds,
        )

    @property
    def full(self) -> bool:
        return self.done >= self.total

    @property
    def seconds(self) -> float:
        """From its beginning to its last step."""
        return max(0.0, self.last_at - self.began_at)

    def goes_on_with(self, bar: Bar) -> bool:
        """Whether a frame of another total is still this bar: a node changed its mind about how much there is to do."""
        same = (bar.label, is_sampler(bar)) == (self.label, self.sampler) and not self.full
        return same and bar.steps >= self.done > 0 and bar.seconds >= self.clock_seconds

    def add(self, bar: Bar, at: float) -> None:
        """A further frame. Frames that were held back and came together are told apart by the bar's own clock."""
        count, self.total = bar.steps - self.done, bar.total or self.total
        if count > 0:
            passed, by_clock = at - self.last_at, bar.seconds - self.clock_seconds
            seconds = passed if passed >= by_clock - _CLOCK_SECONDS else by_clock
            self.first_loads = self.first_loads or bar.initialising
            self._step(count, max(seconds, 0.0))
            self.done, self.last_at, self.clock_seconds = bar.steps, at, bar.seconds
        self.initialising = bar.initialising

    def _step(self, count: float, seconds: float) -> None:
        """One frame may stand for many steps; the first of a bar is not like the others."""
        if self.done == 0 and count == 1:
            self.first_seconds = seconds
        elif self.done == 0:
            self.joined_steps, self.joined_seconds = count, seconds
        else:
            self.recent.extend([seconds / count] * min(int(count) or 1, _RECENT))

    def mean_seconds(self, first_step: float) -> float | None:
        """Seconds per step over the whole bar, its first step counted as `first_step` usual ones; None before any step."""
        if self.done <= 0 or self.seconds <= 0:
            return None
        if self.first_seconds is not None and self.done > 1:
            return max(0.0, self.seconds - self.first_seconds) / (self.done - 1)
        return self.seconds / (self.done - 1 + first_step)
