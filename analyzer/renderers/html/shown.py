"""Log text and data on their way into the page."""

import json
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from analyzer.redaction import NO_REDACTION, Redaction
from analyzer.renderers.clean import clean, encodable

# What would end a script element, or a line of one, may not stand in it as itself.
_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


class Shown:
    """Texts made fit for the page: redacted as the options say, on one line, without control characters.

    Equal texts are looked at once: a report repeats most of its words.
    """

    def __init__(self, redactor: Redaction) -> None:
        self._redactor = redactor
        self._known: dict[str, str] = {}

    @property
    def redacts(self) -> bool:
        return self._redactor is not NO_REDACTION

    def __call__(self, text: str) -> str:
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = clean(self._redactor.text(text))
        return known

    def value(self, value: Any) -> Any:
        """Rows of a table, with each text in them made fit."""
        if isinstance(value, Enum):
            return value.value
        if isinstance(value, str):
            return self(value)
        if isinstance(value, Mapping):
            return {key: self.value(item) for key, item in value.items()}
        return [self.value(item) for item in value] if isinstance(value, Sequence) else value


def embedded(value: Any) -> str:
    """JSON that can stand in a script element."""
    return embeddable(json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False))


def embeddable(text: str) -> str:
    """JSON text made fit for a script element."""
    return encodable(text).translate(_ESCAPES)
