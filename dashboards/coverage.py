"""Which metrics of the catalogue nobody looks at, and why that is right."""

import re
from collections.abc import Iterable, Mapping

from dashboards.reading import everything_asked
from exporters.metrics import METRICS

_PARTS = ("_bucket", "_sum", "_count")
_NAME = re.compile(r"\b(?:comfyui|comfymeter)_[a-z_]+")

# Neither a panel nor a rule needs them.
NOT_SHOWN: Mapping[str, str] = {
    "comfyui_queue_running": "that a run goes on is told by when it began, also where the API is out of reach",
}


def metrics_in(text: str) -> set[str]:
    """The metrics that are named in PromQL, histograms without the endings of their parts."""
    names = {metric.name for metric in METRICS}
    return {_whole(found, names) for found in _NAME.findall(text)}


def shown() -> set[str]:
    """The metrics that dashboards ask for."""
    return {name for question in everything_asked() for name in metrics_in(question.expr)}


def not_used(in_rules: Iterable[str] = ()) -> set[str]:
    """Metrics of the catalogue in no dashboard, in no rule (`in_rules`: their names) and in no list of reasons."""
    return {metric.name for metric in METRICS} - shown() - set(in_rules) - set(NOT_SHOWN)


def _whole(name: str, names: set[str]) -> str:
    for part in _PARTS:
        if name not in names and name.removesuffix(part) in names:
            return name.removesuffix(part)
    return name
