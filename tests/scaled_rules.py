"""Rules and configurations in a quicker time: every duration in them divided, so that minutes of `for` pass in seconds.

Numbers of seconds inside expressions stay; what is compared with them must be played at their own pace.
"""

import re
from collections.abc import Mapping
from typing import Any

_DURATION = r"(?:\d+(?:ms|s|m|h|d|w|y))+"
_PART = re.compile(r"(\d+)(ms|s|m|h|d|w|y)")
_IN_EXPRESSION = re.compile(rf"(?<=\[){_DURATION}(?=[\]:])|(?<=:){_DURATION}(?=\])|(?<=offset ){_DURATION}")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536000.0}
_TIMES = frozenset(
    {
        *("for", "keep_firing_for", "interval"),
        *("scrape_interval", "scrape_timeout", "evaluation_interval"),
        *("group_wait", "group_interval", "repeat_interval", "resolve_timeout"),
    }
)


def scaled(document: Any, factor: float) -> Any:
    """A rules file or a configuration, read from YAML, that runs `factor` times as quickly."""
    if isinstance(document, Mapping):
        return {key: _value(key, value, factor) for key, value in document.items()}
    if isinstance(document, list):
        return [scaled(item, factor) for item in document]
    return document


def _value(key: str, value: Any, factor: float) -> Any:
    if isinstance(value, str) and key in _TIMES:
        return shorter(value, factor)
    if isinstance(value, str) and key == "expr":
        return _IN_EXPRESSION.sub(lambda found: shorter(found[0], factor), value)
    return scaled(value, factor)


def shorter(duration: str, factor: float) -> str:
    """A duration divided, in whole milliseconds, at least one; nothing stays nothing."""
    seconds = sum(int(number) * _SECONDS[unit] for number, unit in _PART.findall(duration))
    return f"{max(1, round(seconds * 1000 / factor))}ms" if seconds else "0s"
