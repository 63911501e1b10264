"""How a past run went, in the form that predictions need: its passes, and how long it took from each landmark to the next pass.

A landmark and not a phase, because the same seconds change their phase with what happens to be resident: a decode is `vae` in the
run that loads the VAE and `other` in the next one, in which nothing is printed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analyzer.predict.landmarks import BEGIN
from analyzer.timeouts.observations import Observation

# The place behind the last pass; the others count from 0, the one before the first pass.
LAST = -1
# Detailers and tiled upscalers make a pass per face or tile, as many as the picture has: what lies behind this many is one place.
MOST_PASSES = 4
_MOST_ALIKE = 6
_MOST_MARKS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """From a landmark to the end of its place. `cold`: a diffusion model was still to be brought in."""

    place: int
    mark: str
    cold: bool
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PassTime:
    """A pass that was seen to its end. `first_seconds`: of its first step, where that was seen by itself."""

    place: int
    steps: float
    seconds: float
    first_seconds: float | None = None

    def step_seconds(self, first_step: float) -> float:
        """Seconds per step without the first, which counts as `first_step` usual ones where it was not seen by itself."""
        if self.first_seconds is not None and self.steps > 1:
            return max(0.0, self.seconds - self.first_seconds) / (self.steps - 1)
        return self.seconds / (self.steps - 1 + first_step)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A past run. `count`: its passes; None: it did not end well. `unplaced_seconds`: what lies outside its passes, where the log
    does not say how much of that lies before them; it has no legs then."""

    workflow: str
    cold: bool
    passes: tuple[PassTime, ...] = ()
    legs: tuple[Leg, ...] = ()
    count: int | None = None
    unplaced_seconds: float | None = None
    observation: Observation | None = None


@dataclass(slots=True)
class Place:
    """What lies before a pass, or after the last. `marks`: landmarks and when they came; `cold`: a diffusion model is brought in
    here, and was at `loaded_at`; `ended_at`: when the next pass began."""

    began_at: float
    marks: list[tuple[str, float]]
    cold: bool = False
    loaded_at: float | None = None
    ended_at: float | None = None

    @classmethod
    def begin(cls, at: float) -> "Place":
        return cls(began_at=at, marks=[])

    def mark(self, name: str, at: float) -> None:
        """A landmark; of those that repeat (a detection per face) only the first ones are told apart."""
        alike = sum(known.rpartition("#")[0] == name for known, _ in self.marks)
        if alike < _MOST_ALIKE and len(self.marks) < _MOST_MARKS:
            self.marks.append((f"{name}#{alike + 1}", at))

    def is_cold(self, at: float) -> bool:
        """Whether a model was still to be brought in then, as far as is known."""
        return self.cold and (self.loaded_at is None or at < self.loaded_at)

    def legs(self, number: int, ended_at: float) -> Iterator[Leg]:
        for name, at in ((BEGIN, self.began_at), *self.marks):
            yield Leg(place=number, mark=name, cold=self.is_cold(at), seconds=max(0.0, ended_at - at))


def legs_of(places: Sequence[Place], ended_at: float | None) -> tuple[Leg, ...]:
    """The legs of a run's places; the last one ends with the run. None: it did not end well, and that place says nothing."""
    legs = [
        leg
        for number, place in enumerate(places[:MOST_PASSES])
        if place.ended_at is not None
        for leg in place.legs(number, place.ended_at)
    ]
    if ended_at is not None and places:
        legs += places[min(len(places) - 1, MOST_PASSES)].legs(LAST, ended_at)
    return tuple(legs)
