"""JSON that a server sent, made harmless: no half characters, no number that JSON lacks or that a database could not hold."""

import json
import math
from typing import Any

from analyzer.renderers.clean import encodable

# What every reader of JSON holds exactly; seeds are larger, and nobody asks for those.
_MOST = 2**53


def loads(text: str | bytes) -> Any:
    """The value; numbers beyond all sense are None. Raises ValueError or RecursionError where it is no JSON."""
    return _plain(json.loads(text))


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, dict):
        return {encodable(key): _plain(field) for key, field in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) and abs(value) <= _MOST else None
    if isinstance(value, int):
        return value if abs(value) <= _MOST else None
    return value
