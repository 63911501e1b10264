"""A made-up workflow's runs, watched from start to end with histories of several sizes: what was predicted, beside what came."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from analyzer.predict import Change, Course, History, LiveRun, RiskAlert, predict, watched_course
from analyzer.timeouts.estimate import estimate
from analyzer.timeouts.observations import Observation
from benchmarks.prediction_generator import Law, MadeRun, durations, lines, make, workflow
from benchmarks.prediction_rules import RULES, Moment, Past

SHARES = (0.25, 0.50, 0.75)
PRODUCT = "comfymeter"
_LOOKS = 40
_WATCHER_SECONDS, _MOST_HANG_LOOKS = 2.0, 100
_NAME = "made up"
_LIMIT_QUANTILE = 0.90
_HANG_QUANTILE, _HANG_SPACE = 0.99, 1.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A remaining time, predicted at a share of the run. `error` is relative to the true one."""

    rule: str
    share: float
    error: float
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One run with a history of `n` runs. Times are shares of the limit T; `raised`: when the alert came, if before T.

    `p_half`, `p_half_survival`: P(exceeds) at half of T, where the run was still going.
    """

    law: Law
    n: int
    exceeded: bool
    hang: bool = False
    raised: float | None = None
    p_half: float | None = None
    p_half_survival: float | None = None
    guesses: tuple[Guess, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is watched: the laws that workflows follow in turn, how much is printed, and how many runs of each workflow. Every
    `hang_every`th workflow has a run that never ends; 0: none."""

    sizes: tuple[int, ...]
    runs: int = 2
    hang_every: int = 0
    bars_only: bool = False
    laws: tuple[Law, ...] = (Law.LOGNORMAL,)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is known before a run, and while it is watched its alert and its guesses."""

    n: int
    history: History
    past: Past


@dataclass(slots=True)
class _Notes:
    alert: RiskAlert = field(default_factory=RiskAlert)
    raised: float | None = None
    p_half: float | None = None
    p_half_survival: float | None = None
    guesses: list[Guess] = field(default_factory=list)


def score_workflow(place: int, *, seed: int, setting: Setting) -> list[Watched]:
    """All scores of one workflow: runs under its true 90 % point, and runs that never end."""
    rng = np.random.default_rng([seed, place])
    law = setting.laws[place % len(setting.laws)]
    one = workflow(law, rng)
    truth = durations(one, rng)
    past = [make(one, rng) for _ in range(max(setting.sizes))]
    known = [_known(past[:n], setting) for n in setting.sizes]
    limit = float(np.quantile(truth, _LIMIT_QUANTILE))
    patient = _HANG_SPACE * float(np.quantile(truth, _HANG_QUANTILE))
    found: list[Watched] = []
    for _ in range(setting.runs):
        found += _watch(make(one, rng), known, limit, law, setting, None)
    if setting.hang_every and place % setting.hang_every == 0:
        run = make(one, rng)
        found += _watch(run, known, patient, law, setting, rng.uniform(0.0, min(run.seconds, patient)))
    return found


def _known(past: Sequence[MadeRun], setting: Setting) -> _Known:
    courses = [course_of(run, bars_only=setting.bars_only) for run in past]
    observations = [Observation(seconds=run.seconds, finished=True, cold=run.cold) for run in past]
    curve = estimate({"": observations})[""].curve
    return _Known(n=len(past), history=History.of_courses(courses), past=Past(runs=past, curve=curve))


def course_of(run: MadeRun, *, bars_only: bool = False) -> Course:
    """What a history keeps of a run that was watched."""
    live = LiveRun(started_at=0.0)
    for event in lines(run, bars_only=bars_only):
        live.feed(event)
    return watched_course(live, workflow=_NAME, ended_at=run.seconds)


def _watch(
    run: MadeRun, known: Sequence[_Known], limit: float, law: Law, setting: Setting, hangs_at: float | None
) -> Iterator[Watched]:
    """Shows a run's lines to a `LiveRun`; looks 40 times until the limit, and at each of `SHARES` of the run."""
    live = LiveRun(started_at=0.0, workflow=_NAME)
    printed = [event for event in lines(run, bars_only=setting.bars_only) if hangs_at is None or (event.at or 0.0) <= hangs_at]
    notes = [_Notes() for _ in known]
    ends = np.inf if hangs_at is not None else run.seconds
    looks = [(at, None) for at in _looks(limit, hangs_at) if at < ends]
    shares = [] if hangs_at is not None else [(run.seconds * share, share) for share in SHARES]
    place = 0
    for at, share in sorted([*looks, *shares], key=lambda pair: pair[0]):
        while place < len(printed) and (printed[place].at or 0.0) <= at:
            live.feed(printed[place])
            place += 1
        for one, note in zip(known, notes, strict=True):
            _look(live, run, one, note, at, limit, share)
    for one, note in zip(known, notes, strict=True):
        yield Watched(
            law=law,
            n=one.n,
            exceeded=bool(ends > limit),
            hang=hangs_at is not None,
            raised=note.raised,
            p_half=note.p_half,
            p_half_survival=note.p_half_survival,
            guesses=tuple(note.guesses),
        )


def _looks(limit: float, hangs_at: float | None) -> Iterator[float]:
    """40 until the limit; while nothing comes any more, every two seconds as a watcher does, but no more than 100."""
    yield from (limit * look / _LOOKS for look in range(1, _LOOKS + 1))
    if hangs_at is not None:
        every = max(_WATCHER_SECONDS, (limit - hangs_at) / _MOST_HANG_LOOKS)
        yield from np.arange(hangs_at + every, limit, every).tolist()


def _look(live: LiveRun, run: MadeRun, one: _Known, note: _Notes, at: float, limit: float, share: float | None) -> None:
    found = predict(live, one.history, at, limit)
    if share is not None:
        left = run.seconds - at
        held = found.low_seconds <= left <= found.high_seconds
        note.guesses.append(Guess(rule=PRODUCT, share=share, error=abs(found.remaining_seconds - left) / left, held=held))
        moment = Moment.of(run, at)
        note.guesses += [
            Guess(rule=name, share=share, error=abs(rule(moment, one.past) - left) / left) for name, rule in RULES.items()
        ]
        return
    if at < limit and any(event.notify and event.change is Change.RAISED for event in note.alert.update(found)):
        note.raised = at / limit
    if note.p_half is None and at >= 0.5 * limit:
        note.p_half = found.p_exceed
        note.p_half_survival = one.past.curve.conditional(limit, at)
