"""JSON as text that is safe on a terminal and stays on its line: what nobody sees in a string is escaped, not lost."""

import json
import re
from typing import Any

from analyzer.redaction.characters import HIDDEN_CHARACTERS
from analyzer.renderers.clean import encodable

# JSON's own writer escapes only ASCII controls; others work too, and some line readers break lines at these.
_HIDDEN = re.compile(f"[\x85\u2028\u2029{HIDDEN_CHARACTERS}]")


def dumps(value: Any, *, ascii_only: bool = False, indent: int | None = None, compact: bool = False) -> str:
    """`value` as JSON. `ascii_only`: everything beyond ASCII is escaped. Raises ValueError for numbers that JSON lacks."""
    separators = (",", ":") if compact else None
    text = json.dumps(value, ensure_ascii=ascii_only, allow_nan=False, indent=indent, separators=separators)
    return text if text.isascii() and "\x7f" not in text else _HIDDEN.sub(_escaped, encodable(text))


def _escaped(found: re.Match[str]) -> str:
    return "\\u007f" if found[0] == "\x7f" else json.dumps(found[0])[1:-1]
