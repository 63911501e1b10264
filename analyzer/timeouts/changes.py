"""Changes that a what-if can make to the phases of measured runs, each saying what it takes as given."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from analyzer.runs.model import Phase

if TYPE_CHECKING:  # findings name changes too, and do without numpy
    from analyzer.timeouts.tails import FloatArray

Phases = Mapping[Phase, "FloatArray"]
LOADS = (Phase.PIPELINE_LOAD, Phase.MODEL_LOAD)
_FIRST_STEP = 1.3  # the first step against the others, where it is not measured


class Tag(StrEnum):
    MEASURED = "measured"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One thing that a what-if rests on."""

    name: str
    value: str
    tag: Tag


class Change(Protocol):
    """`apply` gives the phases after the change; `chance` in (0, 1) picks from what the change does not know exactly."""

    def apply(self, phases: Phases, chance: float) -> Phases: ...

    def inputs(self) -> tuple[Input, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepLoaded:
    """The model stays loaded: cold starts become rare, not impossible (restarts, other models pushing it out)."""

    cold_share: float = 0.02

    def apply(self, phases: Phases, chance: float) -> Phases:
        return phases

    def inputs(self) -> tuple[Input, ...]:
        return (Input(name="share of cold runs afterwards", value=f"{100 * self.cold_share:g} %", tag=Tag.ASSUMED),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A lognormal factor on a duration: median and spread of its logarithm."""

    median: float
    log_sd: float
    tag: Tag = Tag.ASSUMED

    def at(self, chance: float) -> float:
        from statistics import NormalDist  # 15 ms to import, and few logs need it

        return self.median * math.exp(self.log_sd * NormalDist().inv_cdf(chance))

    @property
    def text(self) -> str:
        return f"{self.median:.2f} (80 % {self.at(0.1):.2f} to {self.at(0.9):.2f})"


# A lighter quantisation: it is claimed to be much faster and seen to be slower; far faster only where the heavy one does not fit
# and is streamed.
LIGHTER_QUANTISATION = Factor(median=0.90, log_sd=0.15)
LIGHTER_IF_STREAMED = Factor(median=0.65, log_sd=0.15)


@dataclass(frozen=True, slots=True, kw_only=True)
class FasterSampling:
    """Sampling takes `factor` times as long."""

    factor: Factor = LIGHTER_QUANTISATION

    def apply(self, phases: Phases, chance: float) -> Phases:
        return {**phases, Phase.SAMPLE: phases[Phase.SAMPLE] * self.factor.at(chance)}

    def inputs(self) -> tuple[Input, ...]:
        return (Input(name="sampling takes", value=f"{self.factor.text} times as long", tag=self.factor.tag),)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherSteps:
    """`steps` instead of `steps_now`; the first step takes longer than the others either way."""

    steps_now: int
    steps: int

    def apply(self, phases: Phases, chance: float) -> Phases:
        ratio = (self.steps - 1 + _FIRST_STEP) / (self.steps_now - 1 + _FIRST_STEP)
        return {**phases, Phase.SAMPLE: phases[Phase.SAMPLE] * ratio}

    def inputs(self) -> tuple[Input, ...]:
        return (
            Input(name="steps", value=f"{self.steps} instead of {self.steps_now}", tag=Tag.MEASURED),
            Input(name="first step against the others", value=f"{_FIRST_STEP:g} times", tag=Tag.ASSUMED),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Without:
    """A phase, or this share of it, is gone: an upper bound, as the next node may have to load what the removed one loaded."""

    phase: Phase
    share: float = 1.0

    def apply(self, phases: Phases, chance: float) -> Phases:
        return {**phases, self.phase: phases[self.phase] * (1 - self.share)}

    def inputs(self) -> tuple[Input, ...]:
        gone = "all of it" if self.share >= 1 else f"{100 * self.share:g} % of it"
        return (
            Input(name=f"{self.phase.value} removed, at most", value=gone, tag=Tag.MEASURED if self.share >= 1 else Tag.ASSUMED),
        )
