"""Lines that tell where in its unstepped parts a run is: what each is called, and whose time begins with it."""

import re

from analyzer.budgets.gaps import WORK_OF_ROLE
from analyzer.budgets.labels import phase_of_bar
from analyzer.events import (
    Bar,
    Detection,
    Event,
    FirstSamplerStep,
    LoadRequested,
    ModelLoaded,
    NodeNote,
    Role,
    SamplerStarted,
    SoftOutOfMemory,
    WeightsRead,
)
from analyzer.families.roles import role_of
from analyzer.runs.model import Phase

# The landmark with which every unstepped part begins.
BEGIN = "begin"
_DIGITS = re.compile(r"\d+")
_LONGEST = 60


def landmark(event: Event, model: str | None) -> str | None:
    """The name of what a line marks; None for lines that mark nothing. `model`: the one asked for last."""
    match event:
        case LoadRequested():
            return f"requested {event.model}"
        case ModelLoaded():
            return f"loaded {event.model or model}"
        case WeightsRead():
            return f"read {event.role.value}"
        case Detection():
            return "detected"
        case NodeNote():
            return _plain("note", event.what)
        case SoftOutOfMemory():
            return _plain("short of memory", event.what)
        case SamplerStarted() | FirstSamplerStep():
            return type(event).__name__
        case Bar():
            return _plain("bar ends" if event.total and event.steps >= event.total else "bar", event.label)
    return None


def _plain(kind: str, text: str) -> str:
    return f"{kind} {_DIGITS.sub('#', text)}"[:_LONGEST]


def phase_behind(event: Event, model: str | None) -> Phase:
    """What is being done after this line, as far as a line alone tells (`budgets.gaps.owner` knows the next one too)."""
    match event:
        case LoadRequested() | WeightsRead():
            return Phase.MODEL_LOAD
        case ModelLoaded():
            role = role_of(event.model or model or "")
            return WORK_OF_ROLE.get(role, Phase.OTHER)
        case SamplerStarted() | FirstSamplerStep():
            return Phase.SAMPLE
        case Bar() if event.total and event.steps < event.total:
            return phase_of_bar(event)
    return Phase.OTHER


def brings_in_a_model(event: Event) -> bool:
    """Whether a diffusion model is being brought in: what makes a start cold."""
    match event:
        case LoadRequested():
            return role_of(event.model) is Role.DIFFUSION
        case WeightsRead():
            return event.role is Role.DIFFUSION
        case Bar():
            return event.label.startswith("Loading pipeline")
    return False


def has_brought_it_in(event: Event, model: str | None) -> bool:
    """Whether a diffusion model is there now."""
    match event:
        case ModelLoaded():
            return role_of(event.model or model or "") is Role.DIFFUSION
        case Bar():
            return event.label.startswith("Loading pipeline") and bool(event.total) and event.steps >= (event.total or 0)
    return False
