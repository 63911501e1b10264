"""What kind of run this is, from the log alone: its passes, bars and detections, and the diffusion model in use.

Stable across seeds, prompts and step counts. A resident model prints nothing, so the last loaded one is carried forward.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from analyzer.runs.model import DetectionTime, ProgressBar, Workflow

_DIGITS = re.compile(r"\d+")
_MANY_PASSES = 4


def workflow_of(
    passes: Sequence[ProgressBar],
    bars: Sequence[ProgressBar],
    detections: Sequence[DetectionTime],
    diffusion_models: Sequence[str],
) -> Workflow:
    """The workflow of a run. `diffusion_models`: the model in use at each pass, or the one carried forward."""
    # A download happens once and names a file.
    labels = tuple(sorted({plain_label(bar.label) for bar in bars if bar.label and bar.unit != "B"}))
    return _workflow("+".join(dict.fromkeys(diffusion_models)), min(len(passes), _MANY_PASSES), labels, bool(detections))


def plain_label(label: str) -> str:
    """The label as it is for every run: without its numbers, and without what separates the parts of a signature."""
    return _DIGITS.sub("#", label).replace("|", "/")


def bar_part(label: str) -> str:
    """What a bar of this label puts into a signature."""
    return f"bar:{plain_label(label)}"


@lru_cache(maxsize=4096)
def _workflow(models: str, passes: int, labels: tuple[str, ...], detects: bool) -> Workflow:
    """One object per workflow, not per run: a log of many runs has few."""
    parts = [f"model:{models}"] if models else []
    if passes:
        parts.append(f"passes:{_count(passes)}")
    parts += [f"bar:{label}" for label in labels]
    if detects:
        parts.append("detect")
    return Workflow(name=_name(models, passes, labels, detects), signature="|".join(parts) or "none")


def _count(passes: int) -> str:
    """Detailers and tiled upscalers make one pass per face or tile: from four on the number is the picture's."""
    return str(passes) if passes < _MANY_PASSES else f"{_MANY_PASSES}+"


def _name(models: str, passes: int, labels: tuple[str, ...], detects: bool) -> str:
    parts = [models or "unknown model"]
    if passes > 1:
        parts.append(f"{_count(passes)} passes")
    if any(label.startswith("Loading pipeline") for label in labels):
        parts.append("pipeline")
    if detects:
        parts.append("detect")
    return ", ".join(parts)
