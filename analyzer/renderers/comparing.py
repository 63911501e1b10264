"""What `comfymeter compare` prints: the changes for a terminal, as text or as JSON."""

from typing import Any

from analyzer.comparison import Change, Comparison
from analyzer.renderers.base import Options
from analyzer.renderers.formats import check_format, json_document, uncoloured
from analyzer.renderers.rounding import number

SCHEMA = "comfymeter.compare/1"


def render_comparison(name: str, comparison: Comparison, options: Options) -> str:
    """The comparison in one of `formats.FORMATS`."""
    check_format(name)
    if name == "json":
        return json_document(_object(comparison), options)
    from analyzer.renderers.terminal.comparison import render

    return render(comparison, uncoloured(name, options))


def _object(comparison: Comparison) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "changes": [_change(change) for change in comparison.changes],
        "only_before": list(comparison.only_before),
        "only_after": list(comparison.only_after),
        "warm_only": list(comparison.warm_only),
    }


def _change(change: Change) -> dict[str, Any]:
    interval = change.ratio_interval
    return {
        "workflow": change.workflow,
        "measure": change.measure,
        "runs_before": change.runs_before,
        "runs_after": change.runs_after,
        "median_before_seconds": number(change.median_before),
        "median_after_seconds": number(change.median_after),
        "ratio": number(change.ratio),
        "ratio_interval": [number(end) for end in interval] if interval else None,
        "probability_longer": number(change.probability_longer),
        "judgement": change.judgement.name.lower(),
    }
