"""Log text made harmless for people's screens: it may hold anything."""

import re

from analyzer.redaction.characters import visible

_BREAKS = re.compile(r"[\t\r\n\v\f\x85\u2028\u2029]+")
_SURROGATES = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """`text` on one line without control, direction and invisible characters; what is no character becomes `\\ufffd`."""
    if text.isascii() and text.isprintable():
        return text
    return encodable(visible(_BREAKS.sub(" ", text)))


def encodable(text: str) -> str:
    """`text` that UTF-8 can carry: lone surrogates become `\\ufffd`."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def clip(text: str, length: int, *, mark: str = "…") -> str:
    """At most `length` characters of `text`, the mark of the cut included."""
    return text if len(text) <= length else text[: max(0, length - len(mark))].rstrip() + mark
