"""Made-up runs with known truth, as the lines that a server would print while they run (no real log is behind them).

Parameters follow the generator of the recommendations (`calibration_generator`), with a second sampler in 40 % of the workflows
and stalls in 5 % of the runs: the sampling slows down from some step on, the load waits, or the decode falls back to tiles.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from analyzer.events import Bar, Event, LoadMode, LoadRequested, ModelLoaded, NodeNote

Floats = npt.NDArray[np.float64]
TRUTH_DRAWS = 40_000
_STALLED = 0.05
_STEP_NOISE = 0.06
_STEPS = (8, 20, 25, 30, 40)
_SECOND_SAMPLER = 0.4


class Law(StrEnum):
    """The family of what differs from run to run."""

    LOGNORMAL = "lognormal"
    GAMMA = "gamma"
    WEIBULL = "weibull"


class Part(StrEnum):
    """The parts of a run in order."""

    LOAD = "load"
    ENCODE = "encode"
    SAMPLE = "sample"
    SECOND = "second"
    DECODE = "decode"
    POST = "post"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """One workflow's law. `second`: its second sampler's seconds, 0 without one."""

    law: Law
    sampling: float
    second: float
    steps: tuple[int, ...]
    encode: float
    decode: float
    post: float
    cold_load: float
    warm_load: float
    cold_share: float
    speed_sd: float
    load_sd: float
    other_sd: float
    first_step: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeRun:
    """A run: seconds of each part, of each step of its samplers, and all of it."""

    cold: bool
    parts: dict[Part, float]
    steps: tuple[Floats, ...]

    @property
    def seconds(self) -> float:
        return sum(self.parts.values())


def workflow(law: Law, rng: np.random.Generator) -> Workflow:
    few = rng.random() < 0.2
    sampling = _log_uniform(rng, 5, 30) if few else _log_uniform(rng, 40, 400)
    two = rng.random() < _SECOND_SAMPLER
    steps = (int(rng.choice([4, 8] if few else _STEPS)), int(rng.choice(_STEPS)))
    return Workflow(
        law=law,
        sampling=sampling,
        second=sampling * rng.uniform(0.3, 0.9) if two else 0.0,
        steps=steps[: 1 + two],
        encode=_log_uniform(rng, 2, 8),
        decode=_log_uniform(rng, 3, 20),
        post=_log_uniform(rng, 1, 60),
        cold_load=_log_uniform(rng, 40, 250) if few else _log_uniform(rng, 20, 200),
        warm_load=_log_uniform(rng, 0.5, 4),
        cold_share=float(rng.beta(2, 6)),
        speed_sd=_log_uniform(rng, 0.03, 0.15),
        load_sd=float(rng.uniform(0.2, 0.45)),
        other_sd=float(rng.uniform(0.1, 0.25)),
        first_step=float(rng.uniform(1.0, 1.8)),
    )


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _noise(law: Law, sd: float, count: int, rng: np.random.Generator) -> Floats:
    """Factors around one with about this spread."""
    if law is Law.GAMMA:
        return rng.gamma(1 / sd**2, sd**2, count)
    if law is Law.WEIBULL:
        return rng.weibull(1.2 / sd, count)
    return np.exp(sd * rng.standard_normal(count))


def make(one: Workflow, rng: np.random.Generator) -> MadeRun:
    """One run, step by step."""
    cold = bool(rng.random() < one.cold_share)
    load, encode, decode, post = (
        seconds * float(_noise(one.law, sd, 1, rng)[0])
        for seconds, sd in (
            (one.cold_load if cold else one.warm_load, one.load_sd),
            (one.encode, one.other_sd),
            (one.decode, one.other_sd),
            (one.post, one.other_sd),
        )
    )
    speed = float(_noise(one.law, one.speed_sd, 1, rng)[0])
    samplers = [
        seconds / count * speed * np.maximum(0.2, 1 + _STEP_NOISE * rng.standard_normal(count))
        for seconds, count in zip((one.sampling, one.second), one.steps, strict=False)
    ]
    for steps in samplers:
        steps[0] *= one.first_step
    stalled = rng.random() / _STALLED
    if stalled < 0.4:
        first = samplers[0]
        first[int(rng.integers(len(first))) :] *= rng.uniform(1.5, 3.5)
    elif stalled < 0.8:
        load += 20 * (1 + rng.pareto(1.6))
    elif stalled < 1.0:
        decode *= rng.uniform(2, 8)
    parts = {Part.LOAD: load, Part.ENCODE: encode}
    parts |= {part: float(steps.sum()) for part, steps in zip((Part.SAMPLE, Part.SECOND), samplers, strict=False)}
    return MadeRun(cold=cold, parts=parts | {Part.DECODE: decode, Part.POST: post}, steps=tuple(samplers))


def durations(one: Workflow, rng: np.random.Generator, count: int = TRUTH_DRAWS) -> Floats:
    """Seconds of many runs: the truth that a limit is set by."""
    cold = rng.random(count) < one.cold_share
    load = np.where(cold, one.cold_load, one.warm_load) * _noise(one.law, one.load_sd, count, rng)
    encode, decode, post = (seconds * _noise(one.law, one.other_sd, count, rng) for seconds in (one.encode, one.decode, one.post))
    speed = _noise(one.law, one.speed_sd, count, rng)
    first, *others = (
        seconds * speed * (1 + (one.first_step - 1) / steps + _STEP_NOISE / np.sqrt(steps) * rng.standard_normal(count))
        for seconds, steps in zip((one.sampling, one.second), one.steps, strict=False)
    )
    stalled = rng.random(count) / _STALLED
    slower = first * (1 + (rng.uniform(1.5, 3.5, count) - 1) * rng.random(count))
    first = np.where(stalled < 0.4, slower, first)
    load = np.where((stalled >= 0.4) & (stalled < 0.8), load + 20 * (1 + rng.pareto(1.6, count)), load)
    decode = np.where((stalled >= 0.8) & (stalled < 1.0), decode * rng.uniform(2, 8, count), decode)
    return np.asarray(load + encode + first + sum(others) + decode + post, dtype=np.float64)


# --- lines --------------------------------------------------------------------------------------------------------------


def lines(run: MadeRun, *, bars_only: bool = False) -> Iterator[Event]:
    """What the run prints, stamped with the seconds from its start. `bars_only`: messages are lost."""
    at = 0.0
    samplers = iter(run.steps)
    for part, seconds in run.parts.items():
        if part in (Part.SAMPLE, Part.SECOND):
            yield from _bar(next(samplers), at)
        elif not bars_only:
            yield from (replace(event, at=at) for event in _printed_before(part, run.cold))
        at += seconds


def _printed_before(part: Part, cold: bool) -> Sequence[Event]:
    loaded = ModelLoaded(line=1, mode=LoadMode.FULL)
    if part is Part.LOAD:
        return (LoadRequested(line=1, model="Flux" if cold else "ControlNetFlux"),)
    if part is Part.ENCODE:
        return loaded, LoadRequested(line=1, model="FluxClipModel_"), loaded
    if part is Part.DECODE:
        return LoadRequested(line=1, model="AutoencodingEngine"), loaded
    return (NodeNote(line=1, what="Post-processing"),)


def _bar(steps: Floats, at: float) -> Iterator[Event]:
    clock = 0.0
    for done in range(len(steps) + 1):
        clock += float(steps[done - 1]) if done else 0.0
        rate = clock / done if done else None
        seconds, total = float(int(clock)), float(len(steps))
        yield Bar(line=1, at=at + clock, label="", steps=float(done), total=total, seconds=seconds, rate_seconds=rate, unit="it")
