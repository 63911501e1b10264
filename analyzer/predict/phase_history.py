"""What the past runs of one workflow say about the parts of the next: passes in seconds per step, and the legs between them."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from statistics import median

from analyzer.predict.course import LAST, MOST_PASSES, Course
from analyzer.predict.landmarks import BEGIN
from analyzer.predict.spread import Spread

# Older runs tell of another server.
MOST_RUNS = 60
FIRST_STEP = 1.3
_RATE_SCALE = 0.10
_COLD_SCALE = 0.40
_LEG_SCALE = 0.18
# Without history: seconds of a cold load, of what else lies before sampling, between two passes, and behind the last one.
_COLD_LOAD, _BEFORE, _BETWEEN, _BEHIND = 45.0, 10.0, 2.0, 10.0
_STEP_SECONDS = 2.0
_STEPS = 20.0


class PhaseHistory:
    """One workflow's past, newest runs last. Empty, it gives the defaults."""

    def __init__(self, workflow: str, courses: Iterable[Course] = ()) -> None:
        self.workflow = workflow
        self.courses: Sequence[Course] = tuple(courses)[-MOST_RUNS:]
        self._legs: dict[tuple[int, str, bool], Spread] = {}
        self._rates: dict[int, Spread] = {}

    @cached_property
    def runs(self) -> int:
        """Past runs that ended well."""
        return sum(course.count is not None for course in self.courses)

    @cached_property
    def counts(self) -> dict[int, int]:
        """How many past runs had how many passes."""
        found: dict[int, int] = {}
        for course in self.courses:
            if course.count is not None:
                found[course.count] = found.get(course.count, 0) + 1
        return found

    @cached_property
    def first_step(self) -> float:
        """The first step of a pass in usual steps."""
        ratios = [
            one.first_seconds / usual
            for course in self.courses
            for one in course.passes
            if one.first_seconds is not None and one.steps > 1 and (usual := one.step_seconds(FIRST_STEP)) > 0
        ]
        return median(ratios) if ratios else FIRST_STEP

    # --- passes --------------------------------------------------------------------------------------------------

    def rate(self, place: int) -> Spread:
        """Seconds per step of the pass behind this place, its first step aside."""
        if place not in self._rates:
            self._rates[place] = self._rate(place)
        return self._rates[place]

    def _rate(self, place: int) -> Spread:
        every = [one for course in self.courses for one in course.passes if one.place == place]
        values = [value for one in every if (value := one.step_seconds(self.first_step)) > 0]
        return Spread.of(values, _RATE_SCALE) if values else Spread.guess(_STEP_SECONDS)

    @cached_property
    def _steps(self) -> dict[int, list[float]]:
        found: dict[int, list[float]] = {}
        for course in self.courses:
            for one in course.passes:
                found.setdefault(one.place, []).append(one.steps)
        return {place: sorted(steps) for place, steps in found.items()}

    def steps(self, place: int) -> Sequence[float]:
        """The steps that the pass behind this place had, in order of size."""
        return self._steps.get(place, [_STEPS])

    # --- legs ----------------------------------------------------------------------------------------------------

    @cached_property
    def _leg_seconds(self) -> dict[tuple[int, str, bool], list[float]]:
        found: dict[tuple[int, str, bool], list[float]] = {}
        for course in self.courses:
            for leg in course.legs:
                found.setdefault((leg.place, leg.mark, leg.cold), []).append(leg.seconds)
        return found

    def leg_runs(self, place: int, mark: str, cold: bool) -> int:
        """How many past runs had this landmark there."""
        return len(self._leg_seconds.get((place, mark, cold), ()))

    def leg(self, place: int, mark: str, cold: bool) -> Spread:
        """Seconds from a landmark to the end of its place."""
        key = place, mark, cold
        if key not in self._legs:
            values = self._leg_seconds.get(key)
            scale = _COLD_SCALE if cold and place == 0 else _LEG_SCALE
            self._legs[key] = Spread.of(values, scale) if values else self._guess(place, cold)
        return self._legs[key]

    def _guess(self, place: int, cold: bool) -> Spread:
        """A leg that no past run had: what is known of its other kind, with or without a typical load."""
        other = self._leg_seconds.get((place, BEGIN, not cold))
        usual = _BEHIND if place == LAST else _BEFORE if place == 0 else _BETWEEN
        if other:
            middle = Spread.of(other, _LEG_SCALE).median
            return Spread.guess(middle + self._load_seconds if cold else min(middle, usual))
        return Spread.guess(usual + (self._load_seconds if cold else 0.0))

    @cached_property
    def _load_seconds(self) -> float:
        """A cold load: what a cold beginning took more than a warm one."""
        cold, warm = (self._leg_seconds.get((0, BEGIN, kind), []) for kind in (True, False))
        if not cold:
            return _COLD_LOAD
        return max(median(cold) - (median(warm) if warm else 0.0), 0.1 * median(cold))

    @cached_property
    def placed(self) -> bool:
        """Whether it is known how much of the time outside passes lies before, between and behind them."""
        whole = [course for course in self.courses if course.count is not None]
        return any(course.legs for course in whole) or not any(course.unplaced_seconds is not None for course in whole)

    def outside(self, cold: bool) -> Spread:
        """Seconds outside all passes, where no more than that is known."""
        known = [course for course in self.courses if course.unplaced_seconds is not None]
        values = [course.unplaced_seconds or 0.0 for course in known if course.cold is cold]
        if values:
            return Spread.of(values, _COLD_SCALE if cold else _LEG_SCALE)
        others = [course.unplaced_seconds or 0.0 for course in known]
        return Spread.guess(max(_BEFORE, median(others)) + (_COLD_LOAD if cold else 0.0)) if others else Spread.guess(_BEHIND)

    # --- shares --------------------------------------------------------------------------------------------------

    def cold_share(self, place: int, mark: str = BEGIN) -> float:
        """The share of runs that bring in a model at this place, among those that had this landmark."""
        if not self.placed:
            cold, runs = sum(course.cold for course in self.courses), len(self.courses)
        else:
            cold = self.leg_runs(place, mark, True)
            runs = cold + self.leg_runs(place, mark, False)
        if place == 0:
            return (0.5 + cold) / (2.0 + runs) if runs else 0.5
        return cold / runs if runs else 0.0

    def likely_counts(self, least: int) -> dict[int, float]:
        """How many passes the run will have, with chances, given that it has had `least`."""
        fitting = {count: runs for count, runs in self.counts.items() if count >= min(least, MOST_PASSES)}
        total = sum(fitting.values())
        if not total:
            return {max(least, 0 if self.counts else 1): 1.0}
        return {count: runs / total for count, runs in fitting.items()}
