"""Log text made harmless for people's screens: it may hold anything."""

import re

# Terminal sequences first (CSI, OSC, others), so that nothing of `\x1b[31m` stays; then every control and direction character.
_SEQUENCES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]P^_X][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])?|\x9b[0-?]*[ -/]*[@-~]")
_BREAKS = re.compile(r"[\t\r\n\v\f\x85\u2028\u2029]+")
_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """`text` on one line without control, direction and invisible characters; what is no character becomes `\\ufffd`."""
    if text.isascii() and text.isprintable():
        return text
    text = _BREAKS.sub(" ", _SEQUENCES.sub("", text))
    return encodable(_CONTROLS.sub("", text))


def encodable(text: str) -> str:
    """`text` that UTF-8 can carry: lone surrogates become `\\ufffd`."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def clip(text: str, length: int, *, mark: str = "…") -> str:
    """At most `length` characters of `text`, the mark of the cut included."""
    return text if len(text) <= length else text[: max(0, length - len(mark))].rstrip() + mark
