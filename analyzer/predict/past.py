"""Past runs to courses: from runs read with or without stamps, from a history's rows, from runs that were watched."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from analyzer.budgets.gaps import bar_begin
from analyzer.events import Role
from analyzer.predict.course import MOST_PASSES, Course, PassTime, Place, legs_of
from analyzer.predict.live_run import LiveRun
from analyzer.predict.steps import Steps, is_stepped
from analyzer.runs.model import Outcome, Phase, ProgressBar, Run, Start
from analyzer.runs.progress import is_sampler
from analyzer.timeouts.observations import Dropped, Observation, Status, observe, observe_status

_ENDED_WELL = (Outcome.SUCCESS, Outcome.UNKNOWN)
_BEFORE_SAMPLING = (Phase.PIPELINE_LOAD, Phase.MODEL_LOAD, Phase.TEXT_ENCODE, Phase.DETECT)
_NAMES_A_BAR = "|bar:"


class PastRow(Protocol):
    """A run as a history keeps it (`history.store.StoredRun`). `passes`: steps, total, seconds, seconds per step and, in newer
    rows, the seconds from the run's start to the pass."""

    @property
    def log_signature(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def start(self) -> str: ...
    @property
    def seconds(self) -> float | None: ...
    @property
    def finished(self) -> bool: ...
    @property
    def queue_seconds(self) -> float | None: ...
    @property
    def started_at(self) -> float | None: ...
    @property
    def limit_seconds(self) -> float | None: ...
    @property
    def client_gave_up(self) -> bool: ...
    @property
    def phases(self) -> Mapping[str, float]: ...
    @property
    def passes(self) -> Sequence[Sequence[float | None]]: ...
    @property
    def epoch(self) -> str | None: ...


# --- a run that was watched ---------------------------------------------------------------------------------------------


def course_of_live(live: LiveRun, run: Run) -> Course:
    """The course of a run that has ended, from what was seen of it live; `run` is the same run as the log has it at its end."""
    if live.joined_late or not live.places or run.ended_at is None:
        return course_of_run(run)
    ended_at = run.ended_at if _ended_well(run) else None
    return watched_course(live, workflow=run.workflow.signature, ended_at=ended_at, observation=_kept(observe(run)))


def watched_course(live: LiveRun, *, workflow: str, ended_at: float | None, observation: Observation | None = None) -> Course:
    """The same where no log says how it ended. `ended_at` None: not well."""
    return Course(
        workflow=workflow,
        cold=live.start is Start.COLD,
        passes=tuple(_watched(live.passes)),
        legs=legs_of(live.places, ended_at),
        count=None if ended_at is None else min(len(live.passes), MOST_PASSES),
        observation=observation,
    )


def _watched(passes: Sequence[Steps]) -> Iterator[PassTime]:
    for place, steps in enumerate(passes[:MOST_PASSES]):
        if steps.full and steps.seconds > 0:
            first = None if steps.first_loads else steps.first_seconds
            yield PassTime(place=place, steps=steps.done, seconds=steps.seconds, first_seconds=first)


# --- a run that was read ------------------------------------------------------------------------------------------------


def course_of_run(run: Run) -> Course:
    """The course of a run from a log."""
    well = _ended_well(run)
    bars = _outermost(run)
    passes = tuple(_read(bars[:MOST_PASSES]))
    places = _places(run, bars) if run.silence_seconds is not None else []
    outside = (run.total_seconds or 0.0) - sum(one.seconds for one in passes)
    return Course(
        workflow=run.workflow.signature,
        cold=run.start is Start.COLD,
        passes=passes,
        legs=legs_of(places, run.ended_at if well else None),
        count=min(len(bars), MOST_PASSES) if well else None,
        unplaced_seconds=max(0.0, outside) if well and not places else None,
        observation=_kept(observe(run)),
    )


def _ended_well(run: Run) -> bool:
    return run.outcome in _ENDED_WELL and run.duration_seconds is not None


def _outermost(run: Run) -> list[ProgressBar]:
    """The bars whose steps count, in order, without those that ran inside one of them."""
    found: list[ProgressBar] = []
    for bar in sorted((*run.passes, *run.bars), key=lambda bar: bar.line):
        inside = any(
            outer.nested_seconds and outer.line <= bar.line and bar.last_line <= outer.last_line and not is_sampler(outer)
            for outer in found
        )
        if is_stepped(bar) and not inside:
            found.append(bar)
    return found


def _read(bars: Sequence[ProgressBar]) -> Iterator[PassTime]:
    for place, bar in enumerate(bars):
        seconds = _bar_seconds(bar) - bar.initialise_seconds
        if bar.complete and bar.steps and seconds > 0:
            yield PassTime(place=place, steps=bar.steps, seconds=seconds)


def _bar_seconds(bar: ProgressBar) -> float:
    """Between its stamps where they are its own, else by its clock."""
    begin = bar_begin(bar)
    by_stamps = bar.last_at - begin if begin is not None and bar.last_at is not None else 0.0
    return by_stamps or bar.seconds or 0.0


def _places(run: Run, bars: Sequence[ProgressBar]) -> list[Place]:
    """A run's places by its stamps; the ends of loads are the landmarks that a finished run keeps."""
    if run.started_at is None:
        return []
    places = [Place.begin(run.started_at)]
    for bar in bars:
        begin = bar_begin(bar)
        if begin is None or bar.last_at is None:
            return []
        places[-1].ended_at = max(begin, places[-1].began_at)
        places.append(Place.begin(max(bar.last_at, begin)))
    for load in run.loads:
        if load.at is not None:
            place = next((one for one in reversed(places) if one.began_at <= load.at), places[0])
            place.mark(f"loaded {load.model}", load.at)
            if load.role is Role.DIFFUSION:
                place.cold, place.loaded_at = True, load.at
    if run.start is Start.COLD and not any(place.cold for place in places):
        places[0].cold = True
    return places


# --- a row of the history -----------------------------------------------------------------------------------------------


def course_of_row(row: PastRow) -> Course:
    """The course of a stored run."""
    well = row.outcome in _ENDED_WELL and row.finished and row.seconds is not None
    passes = tuple(_stored(row.passes[:MOST_PASSES]))
    places = _stored_places(row)
    outside = (row.seconds or 0.0) - sum(one.seconds for one in passes)
    ended_at = row.seconds if well else None
    return Course(
        workflow=row.log_signature,
        cold=row.start == Start.COLD,
        passes=passes,
        legs=legs_of(places, ended_at),
        count=min(len(row.passes), MOST_PASSES) if well else None,
        unplaced_seconds=max(0.0, outside) if well and not places else None,
        observation=_row_observation(row),
    )


def _stored(passes: Sequence[Sequence[float | None]]) -> Iterator[PassTime]:
    for place, (steps, total, seconds, *_) in enumerate(passes):
        if steps and total and seconds and steps >= total:
            yield PassTime(place=place, steps=steps, seconds=seconds)


def _stored_places(row: PastRow) -> list[Place]:
    """Where the passes began, or, in older rows, what their phases say about the time before the first and after the last."""
    if row.started_at is None or _NAMES_A_BAR in row.log_signature.replace(f"{_NAMES_A_BAR}Loading pipeline", ""):
        return []  # nothing stamped; or bars that rows do not keep
    begins = [one[4] if len(one) > 4 else None for one in row.passes]
    places = [Place(began_at=0.0, marks=[], cold=row.start == Start.COLD)]
    for (_, _, seconds, *_), begin in zip(row.passes, begins, strict=True):
        if begin is None and len(row.passes) == 1:
            begin = sum(row.phases.get(phase, 0.0) for phase in _BEFORE_SAMPLING)
        if begin is None or seconds is None:
            return []
        places[-1].ended_at = max(begin, places[-1].began_at)
        places.append(Place.begin(max(begin, places[-1].began_at) + seconds))
    return places


def _row_observation(row: PastRow) -> Observation | None:
    return _kept(
        observe_status(
            Status(row.outcome),
            row.seconds,
            cold=None if row.start == Start.UNKNOWN else row.start == Start.COLD,
            at=row.started_at,
            epoch=row.epoch,
            limit_seconds=row.limit_seconds,
            queue_seconds=row.queue_seconds or 0.0,
            client_gave_up=row.client_gave_up,
        )
    )


def _kept(found: Observation | Dropped) -> Observation | None:
    return found if isinstance(found, Observation) else None
